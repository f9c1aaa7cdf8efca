// The result as people see it: it takes the focus, shakes the telephone in its own way for each kind of state, and is
// forgotten after a while, because the next person at the desk need not read it.

import { found, message } from "./words.js";

/** @typedef {import("./present.js").VerdictView} VerdictView */

const SECONDS = 60;
const SHORT = [90];
const LONG = [300, 120, 300, 120, 300];
const TWICE = [160, 140, 160];
/** @type {Record<string, number[]>} */
const SHAKES = { valid: SHORT, revoked: LONG, not_genuine: LONG };

const result = found("result");
let shownState = "";
let timer = 0;

/**
 * @param {"verdict" | "failure"} templateId
 * @param {object} data what its parts are filled with, by their names
 * @param {string} state
 */
export function showResult(templateId, data, state) {
  const section = filled(templateId, data);
  section.dataset.state = state;
  const details = section.querySelector("details");
  if (details) details.open = result.querySelector("details")?.open ?? false;
  const isKept = result.querySelector("[data-kept]") !== null;
  const isSame = state === shownState;
  result.replaceChildren(section);
  if (isSame && isKept) keepResult();
  else if (isSame && timer !== 0) tell();
  else begin();
  // A check repeated in the background must not pull the reader away while the answer stays the same.
  if (isSame) return;
  shownState = state;
  section.focus();
  // Browsers complain before anybody has touched the page, and some have no such thing.
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(SHAKES[state] ?? TWICE);
}

export function isShown() {
  return result.firstElementChild !== null;
}

export function clearResult() {
  window.clearInterval(timer);
  timer = 0;
  shownState = "";
  result.replaceChildren();
}

/** It stays until somebody closes it. */
export function keepResult() {
  window.clearInterval(timer);
  timer = 0;
  const clearing = result.querySelector(".clearing");
  if (clearing === null) return;
  clearing.toggleAttribute("data-kept", true);
  clearing.toggleAttribute("hidden", false);
  clearing.querySelector("button")?.remove();
  const told = clearing.querySelector("[role=timer]");
  if (told) told.textContent = message("stays");
}

let left = 0;

function begin() {
  window.clearInterval(timer);
  left = SECONDS;
  tell();
  timer = window.setInterval(() => {
    left -= 1;
    if (left > 0) tell();
    else result.dispatchEvent(new CustomEvent("over"));
  }, 1000);
}

function tell() {
  const clearing = result.querySelector(".clearing");
  const told = clearing?.querySelector("[role=timer]");
  if (!clearing || !told) return;
  clearing.toggleAttribute("hidden", false);
  told.textContent = message("clears_in", { seconds: left });
}

/** @param {string} templateId @param {object} data @returns {HTMLElement} */
function filled(templateId, data) {
  const template = /** @type {HTMLTemplateElement} */ (found(templateId));
  const section = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
  /** @param {string} selector @returns {NodeListOf<HTMLElement>} */
  const parts = (selector) => section.querySelectorAll(selector);
  for (const part of parts("[data-if]")) {
    if (valueAt(data, part.dataset.if) == null) part.remove();
  }
  for (const part of parts("[data-fill]")) {
    const value = valueAt(data, part.dataset.fill);
    if (value != null) part.textContent = String(value);
  }
  for (const part of parts("[data-outcome-of]")) {
    part.dataset.outcome = String(valueAt(data, part.dataset.outcomeOf));
  }
  section.dataset.reason = String(valueAt(data, "reason") ?? "");
  return section;
}

/** @param {object} data @param {string | undefined} path @returns {unknown} */
function valueAt(data, path = "") {
  return path.split(".").reduce((value, name) => /** @type {any} */ (value)?.[name], /** @type {unknown} */ (data));
}
