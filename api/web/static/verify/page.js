// The scanner: four ways to a document, one result.
//
// A document's QR code opens this page with its digits behind the `#`, which no server ever sees in an address. They are
// taken out of the address at once, so that neither the history nor a shared screenshot keeps a person's name.

import { smallEnough } from "../smaller.js";
import { answersTo, ofService } from "./answers.js";
import { Refusal, askByFile, askByNumber } from "./ask.js";
import { CameraClosed, openCamera, scan } from "./camera.js";
import { DecoderMissing, openDecoder } from "./decoder.js";
import { awaitCode, beginGuidance, endGuidance, tellForeign } from "./guidance.js";
import { becomeInstalled } from "./install.js";
import { keepListsFresh } from "./lists_shown.js";
import { codesIn, isPdf } from "./photo.js";
import { adoptResult, clearResult, isShown, keepResult } from "./result.js";
import { showAnswer, showTrouble, stage } from "./stage.js";
import { digitsOf } from "./verify_qr.js";
import { button, found, message, verdictWords } from "./words.js";

/** @typedef {import("./present.js").VerdictView} VerdictView */
/** @typedef {"link" | "camera" | "photo" | "file" | "number"} Way */

/**
 * What is being checked now. digits: of its code, or none. again: asks anew.
 *
 * @typedef {{ way: Way, digits: string, again: () => Promise<void> }} Current
 */

const RECHECK = 30_000;
/** Files and numbers are asked of the service, and only a result that somebody keeps is shown for so long. */
const RECHECK_BY_SERVICE = 300_000;
/** Fewer digits than this are some other code that is a number. */
const LEAST_DIGITS = 100;

const words = verdictWords();
const result = found("result");
const video = /** @type {HTMLVideoElement} */ (found("video"));
const file = /** @type {HTMLInputElement} */ (found("file"));

/** @type {Current | null} */
let current = null;
/** @type {import("./camera.js").Camera | null} */
let camera = null;
/** Ends what is under way. */
let running = new AbortController();
let rechecking = 0;
let isDue = false;

/** @param {import("./answers.js").Answer} answer */
function show(answer) {
  showAnswer(answer, words.months, (moment) => message("as_of", { moment }));
}

/** Instead of what is under way. @param {Current} next @returns {AbortSignal} that nobody waits for this any more */
function begin(next) {
  end();
  isDue = false;
  current = next;
  running = new AbortController();
  return running.signal;
}

function end() {
  window.clearTimeout(rechecking);
  running.abort();
  current = null;
}

/** @param {Way} way @param {string} digits */
async function checkCode(way, digits) {
  const unwanted = begin({ way, digits, again: () => checkCode(way, digits) });
  if (!isShown()) stage("checking");
  for await (const answer of answersTo(digits, way === "photo" ? "code_in_file" : "code", words, unwanted)) {
    if (unwanted.aborted) return;
    if (!(answer.isForNow && isShown())) show(answer);
  }
  recheckAfter(RECHECK);
}

/** A page left open must not go on saying "valid" about a document that was revoked meanwhile. @param {number} wait */
function recheckAfter(wait) {
  rechecking = window.setTimeout(() => {
    isDue = true;
    recheck();
  }, wait);
}

function recheck() {
  if (current === null || !isShown() || document.visibilityState !== "visible") return;
  // A code costs nothing to judge: whoever comes back to the page need not wait for that.
  if (isDue || current.digits) void current.again();
}

/** @param {Way} way @param {(unwanted: AbortSignal) => Promise<VerdictView>} question @param {string} offline */
async function ask(way, question, offline) {
  const unwanted = begin({ way, digits: "", again: () => ask(way, question, offline) });
  if (!navigator.onLine) return showTrouble(message(offline));
  if (!isShown()) stage("checking");
  try {
    const view = await question(unwanted);
    if (unwanted.aborted) return;
    show(ofService(view));
    recheckAfter(RECHECK_BY_SERVICE);
  } catch (error) {
    if (unwanted.aborted) return;
    if (error instanceof Refusal) show({ view: null, said: error.said });
    else if (navigator.onLine) show({ view: null, said: "" });
    else showTrouble(message(offline));
  }
}

/** The digits of a scanned text that can be a document's code, else null. @param {string} text */
function documentDigits(text) {
  try {
    const digits = digitsOf(text);
    return text.includes("#") || digits.length >= LEAST_DIGITS ? digits : null;
  } catch {
    return null;
  }
}

async function startScanning() {
  stopCamera();
  const unwanted = begin({ way: "camera", digits: "", again: startScanning });
  stage("scanning");
  beginGuidance();
  found("scanning-title").focus();
  try {
    const opening = openCamera(video).then((opened) => {
      if (!unwanted.aborted) camera = opened;
      else opened.close();
      return opened;
    });
    const [opened, decoder] = await Promise.all([opening, openDecoder()]);
    if (unwanted.aborted) return;
    const torch = button("torch");
    torch.hidden = !opened.hasTorch;
    torch.setAttribute("aria-pressed", "false");
    awaitCode();
    await scan(opened, decoder, (text) => {
      const digits = documentDigits(text);
      if (digits === null) {
        tellForeign();
        return false;
      }
      stopCamera();
      void checkCode("camera", digits);
      return true;
    });
    // Unplugged, or taken by another program.
    if (!unwanted.aborted) throw new CameraClosed("camera_busy");
  } catch (error) {
    // Of a camera that nobody waits for any more.
    if (unwanted.aborted) return;
    stopCamera();
    end();
    if (error instanceof CameraClosed) showTrouble(message(error.trouble));
    else if (error instanceof DecoderMissing) showTrouble(message("decoder_missing"));
    else showTrouble(message("camera_failed"));
  }
}

function stopCamera() {
  endGuidance();
  camera?.close();
  camera = null;
}

/** @param {File} chosen */
async function checkFile(chosen) {
  const unwanted = begin({ way: "photo", digits: "", again: () => checkFile(chosen) });
  stage("checking");
  let isDocument;
  try {
    isDocument = await isPdf(chosen);
  } catch {
    if (!unwanted.aborted) showTrouble(message("file_gone"));
    return;
  }
  if (unwanted.aborted) return;
  if (isDocument) return ask("file", (signal) => askByFile(chosen, signal), "offline_file");
  const texts = await codesIn(chosen, (text) => documentDigits(text) !== null, unwanted);
  const [digits, ...others] = new Set(texts.map((text) => /** @type {string} */ (documentDigits(text))));
  if (unwanted.aborted) return;
  if (others.length > 0) return showTrouble(message("several_codes"));
  if (digits !== undefined) return checkCode("photo", digits);
  return ask("photo", async (signal) => askByFile(await smallEnough(chosen), signal), "offline_no_code");
}

/** @param {FormData} typed */
async function checkNumber(typed) {
  const [number, code] = [String(typed.get("number") ?? ""), String(typed.get("check_code") ?? "")];
  return ask("number", (signal) => askByNumber(number, code, signal), "offline_number");
}

function openLink() {
  const digits = window.location.hash.slice(1);
  if (!/^[0-9]+$/.test(digits)) return;
  window.history.replaceState(null, "", window.location.pathname + window.location.search);
  stopCamera();
  clearResult();
  void checkCode("link", digits);
}

/** Nothing of what was shown or typed stays. */
function forget() {
  stopCamera();
  end();
  for (const form of document.querySelectorAll("form")) form.reset();
  stage("ways");
}

function checkAnother() {
  const way = current?.way ?? "number";
  forget();
  if (way === "camera" || way === "link") void startScanning();
  else if (way === "number") found("number").focus();
  else {
    file.focus();
    file.click();
  }
}

function backToWays() {
  forget();
  found("main").focus();
}

result.addEventListener("click", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  if (target.closest("[data-keep]")) keepResult();
  if (target.closest("[data-ways]")) backToWays();
  if (target.closest("[data-retry]")) {
    stage("checking");
    void current?.again();
  }
  if (target.closest("[data-again]")) {
    event.preventDefault();
    checkAnother();
  }
});
result.addEventListener("over", forget);

button("scan").addEventListener("click", () => void startScanning());
button("stop").addEventListener("click", backToWays);
button("stop-checking").addEventListener("click", backToWays);
button("torch").addEventListener("click", async () => {
  const torch = button("torch");
  const isOn = torch.getAttribute("aria-pressed") !== "true";
  if (await camera?.light(isOn)) torch.setAttribute("aria-pressed", String(isOn));
});
found("by-file").addEventListener("submit", (event) => {
  const chosen = file.files?.[0];
  if (chosen === undefined) return;
  event.preventDefault();
  void checkFile(chosen);
});
found("by-number").addEventListener("submit", (event) => {
  event.preventDefault();
  void checkNumber(new FormData(/** @type {HTMLFormElement} */ (event.currentTarget)));
});
// The other language shows the same document: the digits travel behind the `#` again.
found("other-language").addEventListener("click", (event) => {
  if (current?.digits) /** @type {HTMLAnchorElement} */ (event.currentTarget).hash = current.digits;
});
window.addEventListener("hashchange", openLink);
// Whoever comes back to the page later must not find what it showed.
window.addEventListener("pagehide", forget);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") recheck();
  else if (camera !== null) forget();
});

found("by-camera").hidden = false;
found("by-link").hidden = true;
adoptResult();
openLink();
keepListsFresh(
  words.months,
  becomeInstalled(() => !found("ways").hidden),
);
