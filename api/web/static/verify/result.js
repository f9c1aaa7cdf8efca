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

const FOCUSABLE = ["summary", "[data-again]", "[data-ways]", "[data-keep]"];

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
  const before = /** @type {HTMLElement | null} */ (result.firstElementChild);
  // A check repeated in the background must not pull the reader away while the answer stays the same.
  if (before !== null && state === shownState) {
    if (isAlike(before, section)) copy(section, before);
    else exchange(before, section);
    return;
  }
  result.replaceChildren(section);
  shownState = state;
  begin();
  section.focus();
  // Browsers complain before anybody has touched the page, and some have no such thing.
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(SHAKES[state] ?? TWICE);
}

/** What a form that was sent without scripts was answered, in the page itself, is read and forgotten like any other. */
export function adoptResult() {
  const section = result.firstElementChild;
  if (!(section instanceof HTMLElement)) return;
  shownState = section.dataset.state ?? "";
  begin();
  section.focus();
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
  const button = clearing.querySelector("button");
  // Whoever has pressed it must not stand nowhere.
  if (button === document.activeElement) /** @type {HTMLElement | null} */ (result.querySelector("[data-again]"))?.focus();
  button?.remove();
  const told = clearing.querySelector("[role=timer]");
  if (told) told.textContent = message("stays");
}

/** @param {HTMLElement} section @returns {HTMLElement[]} */
function filledParts(section) {
  return [...section.querySelectorAll("[data-fill], [data-outcome-of]")].map((part) => /** @type {HTMLElement} */ (part));
}

/** Whether both have the same parts. @param {HTMLElement} one @param {HTMLElement} other */
function isAlike(one, other) {
  /** @param {HTMLElement} section */
  const names = (section) => filledParts(section).map(({ dataset }) => dataset.fill ?? dataset.outcomeOf);
  return names(one).join() === names(other).join();
}

/** Say the new one's words in the old one's place. @param {HTMLElement} from @param {HTMLElement} to */
function copy(from, to) {
  const said = filledParts(from);
  filledParts(to).forEach((part, place) => {
    const renewed = /** @type {HTMLElement} */ (said[place]);
    if (part.dataset.fill === undefined) part.dataset.outcome = renewed.dataset.outcome;
    else if (part.textContent !== renewed.textContent) part.textContent = renewed.textContent;
  });
}

/**
 * Another shape of the same state: what people did to the old one is done to the new one.
 *
 * @param {HTMLElement} before
 * @param {HTMLElement} section
 */
function exchange(before, section) {
  const focused = document.activeElement;
  const hadFocus = before.contains(focused);
  const place = FOCUSABLE.find((selector) => focused?.matches(selector));
  const [opened, details] = [before.querySelector("details"), section.querySelector("details")];
  if (details) details.open = opened?.open ?? false;
  const isKept = before.querySelector("[data-kept]") !== null;
  result.replaceChildren(section);
  if (isKept) keepResult();
  else tell();
  if (!hadFocus) return;
  const again = place === undefined ? null : /** @type {HTMLElement | null} */ (section.querySelector(place));
  (again ?? section).focus();
}

let left = 0;

function begin() {
  window.clearInterval(timer);
  left = SECONDS;
  const over = Date.now() + SECONDS * 1000;
  tell();
  timer = window.setInterval(() => {
    // Telephones asleep count no seconds, and clocks are set back: whichever is over first.
    left = Math.min(left - 1, Math.ceil((over - Date.now()) / 1000));
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
  for (const name of ["reason", "examined"]) section.dataset[name] = String(valueAt(data, name) ?? "");
  return section;
}

/** @param {object} data @param {string | undefined} path @returns {unknown} */
function valueAt(data, path = "") {
  return path.split(".").reduce((value, name) => /** @type {any} */ (value)?.[name], /** @type {unknown} */ (data));
}
