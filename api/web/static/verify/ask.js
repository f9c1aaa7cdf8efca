// What the service says, asked over the network: the same addresses that every app has.

/** @typedef {import("./present.js").VerdictView} VerdictView */

const PATIENCE = 10_000;

/** The service could not be reached. */
export class Unreachable extends Error {}

/** The service answers, and refuses. */
export class Refusal extends Error {
  /** @param {string} said in words for people */
  constructor(said) {
    super(said);
    this.said = said;
  }
}

/** @param {string} text @returns {Promise<VerdictView>} */
export function askByCode(text) {
  return ask("qr", JSON.stringify({ text }), { "Content-Type": "application/json" });
}

/** @param {string} number @param {string} code @returns {Promise<VerdictView>} */
export function askByNumber(number, code) {
  return ask("number", JSON.stringify({ number, check_code: code }), { "Content-Type": "application/json" });
}

/** @param {Blob} file @returns {Promise<VerdictView>} */
export function askByFile(file) {
  const form = new FormData();
  form.append("file", file, "file");
  return ask("file", form, {}, 6 * PATIENCE);
}

/**
 * @param {string} way
 * @param {BodyInit} body
 * @param {Record<string, string>} headers
 * @param {number} [patience] in milliseconds
 * @returns {Promise<VerdictView>}
 * @throws {Unreachable | Refusal}
 */
async function ask(way, body, headers, patience = PATIENCE) {
  if (!navigator.onLine) throw new Unreachable();
  let answer;
  let said;
  try {
    answer = await fetch(`/v1/verifications/${way}`, {
      method: "POST",
      headers: { ...headers, "Accept-Language": document.documentElement.lang },
      body,
      // Browsers of before 2023 wait as long as their system does.
      signal: AbortSignal.timeout?.(patience) ?? null,
    });
    said = await answer.json();
  } catch {
    throw new Unreachable();
  }
  if (!answer.ok) throw new Refusal(said.detail ?? said.title ?? "");
  return said;
}
