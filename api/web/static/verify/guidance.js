// What is said to whoever holds a document before the camera. It is read out too: nothing is said twice in a row.

import { found, message } from "./words.js";

const FOREIGN_STAYS = 2000;
const LONG = 8000;

const seen = found("seen");
let timer = 0;
let isAdvised = false;

/** A camera is about to be opened. */
export function beginGuidance() {
  endGuidance();
  isAdvised = false;
  say("point");
}

/** It looks; whoever finds no code for long is told once what else there is. */
export function awaitCode() {
  window.clearTimeout(timer);
  if (isAdvised) return;
  timer = window.setTimeout(() => {
    isAdvised = true;
    say("nothing_seen");
  }, LONG);
}

/** There is a code in this frame that is none of a document. */
export function tellForeign() {
  window.clearTimeout(timer);
  say("foreign_code");
  timer = window.setTimeout(() => {
    say("point");
    awaitCode();
  }, FOREIGN_STAYS);
}

export function endGuidance() {
  window.clearTimeout(timer);
  seen.textContent = "";
}

/** @param {string} name */
function say(name) {
  const said = message(name);
  if (seen.textContent !== said) seen.textContent = said;
}
