// A verdict that was reached here, in the words and the form of the service's own answer (api/present/verdict.py), so
// that one page shows both.

/** @typedef {import("./verdict.js").Verdict} Verdict */
/** @typedef {import("./words.js").Words} Words */
/** @typedef {{ outcome: string, code: string, as_of: string | null, text: string }} FindingView */

/**
 * What a code was found in: `code`, scanned or opened by its link; `code_in_file`, where all else in the picture may
 * have been changed.
 *
 * @typedef {"code" | "code_in_file"} Examined
 */

/**
 * @typedef {object} FactsView
 * @property {string} document_type
 * @property {string} document_type_name
 * @property {string | null} number
 * @property {string | null} number_text
 * @property {string | null} full_name
 * @property {string | null} birth_date
 * @property {string | null} birth_date_text
 * @property {string | null} result_line
 * @property {string | null} result_line_gloss
 * @property {string} issued_on
 * @property {string} issued_on_text
 * @property {string | null} expires_on
 */

/**
 * @typedef {object} VerdictView
 * @property {string} state
 * @property {string} reason
 * @property {string} examined
 * @property {string} title
 * @property {string} instruction
 * @property {string | null} note
 * @property {FactsView | null} facts
 * @property {string | null} issuer_name
 * @property {FindingView} seal
 * @property {FindingView} status
 * @property {FindingView} issuer
 * @property {string} checked_at
 * @property {string} checked_at_text
 */

const VIETNAM = 7 * 3_600_000;

/**
 * @param {Verdict} verdict
 * @param {Words} words
 * @param {Examined} examined
 * @returns {VerdictView}
 */
export function verdictView(verdict, words, examined) {
  const { state, reason } = verdict;
  // A broken seal proves nobody's hand, whatever key it names.
  const isUnproven = verdict.seal.outcome === "failed";
  const issuer =
    isUnproven && verdict.issuer.code !== "not_reached"
      ? { outcome: "unknown", code: "not_established", as_of: null }
      : verdict.issuer;
  /** @type {VerdictView} */
  const view = {
    state,
    reason,
    examined: "code",
    title: words.titles_for[reason] ?? words.titles[state] ?? state,
    instruction: words.instructions_for[reason] ?? words.instructions[state] ?? reason,
    note: null,
    facts: verdict.facts === null ? null : factsView(verdict.facts, words),
    issuer_name: isUnproven ? null : verdict.issuer_name,
    seal: finding(verdict.seal, words),
    status: finding(verdict.status, words),
    issuer: finding(issuer, words),
    checked_at: verdict.checked_at,
    checked_at_text: momentInWords(new Date(verdict.checked_at), words.months),
  };
  return examined === "code_in_file" ? asCodeInFile(view, words) : view;
}

/**
 * The same verdict on a code that was found in a picture, which promises less.
 *
 * @param {VerdictView} view
 * @param {Words} words
 * @returns {VerdictView}
 */
export function asCodeInFile(view, words) {
  const { titles, instructions, note } = words.code_in_file;
  return {
    ...view,
    examined: "code_in_file",
    title: titles[view.state] ?? view.title,
    instruction: instructions[view.state] ?? view.instruction,
    note,
  };
}

/**
 * Which of two verdicts on the same code to show: the service's, unless it could not look up what is known here.
 *
 * @template {{ state: string, status: { outcome: string } }} V
 * @param {V} ofService
 * @param {V | null} ofDevice
 * @returns {V}
 */
export function fresher(ofService, ofDevice) {
  if (ofDevice === null) return ofService;
  const knowsMore = ofService.state === "status_unknown" && ofDevice.status.outcome !== "unknown";
  // A revocation is for good: who signed it away cannot have it back.
  const isRevoked = ofDevice.state === "revoked" && ofService.state === "valid";
  return knowsMore || isRevoked ? ofDevice : ofService;
}

/**
 * Hanoi's time, to the second.
 *
 * @param {Date} moment
 * @param {string[]} months
 * @returns {string}
 */
export function momentInWords(moment, months) {
  const local = new Date(moment.getTime() + VIETNAM).toISOString();
  const time = local.slice(11, 19);
  const day = dayInWords(local.slice(0, 10), months);
  return months.length === 0 ? `${time} ngày ${day}` : `${day}, ${time} (Hanoi time)`;
}

/**
 * As the identity card writes it; in English with the month's name, because 08/03 would be read both ways.
 *
 * @param {string} day `2026-11-20`
 * @param {string[]} months
 * @returns {string}
 */
export function dayInWords(day, months) {
  const [year, month, date] = day.split("-");
  if (months.length === 0) return `${date}/${month}/${year}`;
  return `${Number(date)} ${months[Number(month) - 1]} ${Number(year)}`;
}

/** @param {{ outcome: string, code: string, as_of: string | null }} check @param {Words} words @returns {FindingView} */
function finding(check, words) {
  const { outcome, code, as_of } = check;
  return { outcome, code, as_of, text: words.findings[code] ?? words.outcomes[outcome] ?? code };
}

/** @param {import("./facts.js").DocumentFacts} facts @param {Words} words @returns {FactsView} */
function factsView(facts, words) {
  return {
    document_type: facts.document_type,
    document_type_name: words.types[facts.document_type] ?? facts.document_type,
    number: facts.number,
    number_text: grouped(facts.number),
    full_name: facts.full_name,
    birth_date: facts.birth_date,
    birth_date_text: dayInWords(facts.birth_date, words.months),
    result_line: facts.result_line,
    result_line_gloss: words.glosses[`${facts.document_type}|${facts.result_line}`] ?? null,
    issued_on: facts.issued_on,
    issued_on_text: dayInWords(facts.issued_on, words.months),
    expires_on: facts.expires_on,
  };
}

/** As the paper prints it; numbers of other kinds stay as they are. @param {string} number */
function grouped(number) {
  return /^[0-9]{12}$/.test(number) ? number.replace(/(.{4})(?=.)/g, "$1 ") : number;
}
