// What the service says, asked over the network: the same addresses that every app has.

import { patience } from "./patience.js";

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

/** @param {string} text @param {AbortSignal} unwanted @returns {Promise<VerdictView>} */
export function askByCode(text, unwanted) {
  return ask("qr", JSON.stringify({ text }), { "Content-Type": "application/json" }, unwanted);
}

/** @param {string} number @param {string} code @param {AbortSignal} unwanted @returns {Promise<VerdictView>} */
export function askByNumber(number, code, unwanted) {
  const body = JSON.stringify({ number, check_code: code });
  return ask("number", body, { "Content-Type": "application/json" }, unwanted);
}

/** @param {Blob} file @param {AbortSignal} unwanted @returns {Promise<VerdictView>} */
export function askByFile(file, unwanted) {
  const form = new FormData();
  form.append("file", file, "file");
  return ask("file", form, {}, unwanted, 6 * PATIENCE);
}

/**
 * @param {string} way
 * @param {BodyInit} body
 * @param {Record<string, string>} headers
 * @param {AbortSignal} unwanted
 * @param {number} [wait] in milliseconds
 * @returns {Promise<VerdictView>}
 * @throws {Unreachable | Refusal}
 */
async function ask(way, body, headers, unwanted, wait = PATIENCE) {
  if (!navigator.onLine) throw new Unreachable();
  let answer;
  let said;
  try {
    answer = await fetch(`/v1/verifications/${way}`, {
      method: "POST",
      headers: { ...headers, "Accept-Language": document.documentElement.lang },
      body,
      signal: patience(wait, unwanted),
    });
    said = await answer.json();
  } catch {
    throw new Unreachable();
  }
  if (!answer.ok) throw new Refusal(said.detail ?? said.title ?? "");
  return said;
}
