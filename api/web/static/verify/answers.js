// What is said of a code: here, by the lists on the device, and by the service where it can be asked. The service's word
// is fresher; until it comes, and where it does not, that of the device counts, with its dates.

import { Refusal, Unreachable, askByCode } from "./ask.js";
import { heldLists, timesOf } from "./lists.js";
import { asCodeInFile, fresher, momentInWords, verdictView } from "./present.js";
import { ageOf, verifyQr } from "./verify_qr.js";
import { message } from "./words.js";

/** @typedef {import("./present.js").Examined} Examined */
/** @typedef {import("./present.js").VerdictView} VerdictView */
/** @typedef {import("./words.js").Words} Words */

/**
 * A verdict with what it rests on, or a sentence on why there is none; without one, the page's own words for that.
 *
 * @typedef {object} Answer
 * @property {VerdictView | null} view
 * @property {string} said
 * @property {string} [trusted] of the trust list
 * @property {string | null} [warning]
 * @property {boolean} [isForNow] a better one is on its way
 */

/** So long the service may take before the page says what it has found itself. */
const PATIENCE = 1000;

/**
 * One or two answers, the later one the better one.
 *
 * @param {string} digits
 * @param {Examined} examined
 * @param {Words} words
 * @param {AbortSignal} unwanted
 * @returns {AsyncGenerator<Answer, void>}
 */
export async function* answersTo(digits, examined, words, unwanted) {
  const here = verifiedHere(digits, examined, words).catch((error) => {
    // A fault of ours must not keep the service's word from whoever waits for it.
    console.error(error);
    return null;
  });
  const service = askByCode(digits, unwanted).then(
    (view) => (examined === "code_in_file" ? asCodeInFile(view, words) : view),
    (/** @type {unknown} */ error) => (error instanceof Refusal ? error : new Unreachable()),
  );
  const first = await Promise.race([service, new Promise((done) => window.setTimeout(done, PATIENCE, null))]);
  const own = await here;
  if (first === null && own !== null) yield { ...own("fresh_device"), isForNow: true };

  const said = await service;
  if (!(said instanceof Error)) {
    const ofDevice = own === null ? null : own("fresh_device");
    const view = fresher(said, ofDevice?.view ?? null);
    yield ofDevice !== null && view === ofDevice.view ? ofDevice : ofService(view);
  } else if (own !== null) {
    yield own(said instanceof Refusal ? "fresh_device" : "fresh_offline");
  } else if (said instanceof Refusal) {
    yield { view: null, said: said.said };
  } else {
    yield { view: null, said: navigator.onLine ? "" : message("no_lists_offline") };
  }
}

/** @param {VerdictView} view @returns {Answer} */
export function ofService(view) {
  return { view, said: message("fresh_service") };
}

/**
 * @param {string} digits
 * @param {Examined} examined
 * @param {Words} words
 * @returns {Promise<((name: string) => Answer) | null>} the answer with a sentence by this name; null without lists
 */
async function verifiedHere(digits, examined, words) {
  const lists = await heldLists();
  if (lists === null) return null;
  const now = new Date();
  const view = verdictView(await verifyQr(digits, lists, now), words, examined);
  // Of a code that could not be read the lists say nothing.
  if (view.state === "unreadable") return () => ({ view, said: "" });

  const times = timesOf(lists);
  const status = Date.parse(view.status.as_of ?? "") || times.status;
  const ages = [ageOf(times.trust, lists.trust.freshUntil, now), ageOf(status, times.freshUntil, now)];
  /** @param {number} moment */
  const inWords = (moment) => momentInWords(new Date(moment), words.months);
  return (name) => ({
    view,
    said: message(name, { status: inWords(status) }),
    trusted: message("trusted", { trust: inWords(times.trust) }),
    warning: ages.includes("ageing") ? message("getting_old") : null,
  });
}
