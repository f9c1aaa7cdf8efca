// The scanner: four ways to a document, one result. Codes are verified here with the lists on the device, and by the
// service where it can be asked; what it says is fresher.
//
// A document's QR code opens this page with its digits behind the `#`, which no server ever sees in an address. They are
// taken out of the address at once, so that neither the history nor a shared screenshot keeps a person's name.

import { Refusal, Unreachable, askByCode, askByFile, askByNumber } from "./ask.js";
import { CameraClosed, openCamera, scan } from "./camera.js";
import { DecoderMissing, openDecoder } from "./decoder.js";
import { becomeInstalled } from "./install.js";
import { heldLists, renewLists, timesOf } from "./lists.js";
import { keepListsFresh } from "./lists_shown.js";
import { codesIn, isPdf, smallEnough } from "./photo.js";
import { asCodeInFile, fresher, momentInWords, verdictView } from "./present.js";
import { clearResult, isShown, keepResult, showResult } from "./result.js";
import { ageOf, digitsOf, verifyQr } from "./verify_qr.js";
import { button, found, message, verdictWords } from "./words.js";

/** @typedef {import("./present.js").Examined} Examined */
/** @typedef {import("./present.js").VerdictView} VerdictView */
/** @typedef {"link" | "camera" | "photo" | "file" | "number"} Way */

/** So long the service may take before the page says what it has found itself. */
const PATIENCE = 1000;
const RECHECK = 30_000;
/** Fewer digits than this are some other code that is a number. */
const LEAST_DIGITS = 100;

const words = verdictWords();
const result = found("result");
const ways = found("ways");
const scanning = found("scanning");
const trouble = found("trouble");
const video = /** @type {HTMLVideoElement} */ (found("video"));
const file = /** @type {HTMLInputElement} */ (found("file"));

/** What is being checked now: `again` asks anew. @type {{ way: Way, digits: string, again: () => Promise<void> } | null} */
let current = null;
/** @type {import("./camera.js").Camera | null} */
let camera = null;
let rechecking = 0;

/** @param {"ways" | "checking" | "scanning" | "result"} shown */
function stage(shown) {
  ways.hidden = shown !== "ways";
  found("checking").hidden = shown !== "checking";
  scanning.hidden = shown !== "scanning";
  if (shown !== "result") clearResult();
}

/** @param {VerdictView} view @param {string} fresh @param {string | null} warning */
function show(view, fresh, warning) {
  const dated = { ...view, fresh, warning };
  for (const name of /** @type {const} */ (["seal", "status", "issuer"])) {
    const asOf = view[name].as_of;
    const text = asOf === null ? null : message("as_of", { moment: momentInWords(new Date(asOf), words.months) });
    dated[name] = /** @type {any} */ ({ ...view[name], as_of_text: text });
  }
  document.title = view.title;
  showResult("verdict", dated, view.state);
  stage("result");
}

/** @param {string} [said] */
function showFailure(said) {
  showResult("failure", said ? { message: said } : {}, "failure");
  stage("result");
}

/** @param {string} said */
function showTrouble(said) {
  stage("ways");
  trouble.replaceChildren(Object.assign(document.createElement("p"), { textContent: said }));
  trouble.hidden = false;
  trouble.focus();
}

// --- a code ---

/** @param {string} text @param {Examined} examined */
async function verifiedHere(text, examined) {
  const lists = await heldLists();
  if (lists === null) return null;
  const view = verdictView(await verifyQr(text, lists, new Date()), words, examined);
  const now = new Date();
  const times = timesOf(lists);
  const status = Date.parse(view.status.as_of ?? "") || times.status;
  const isAgeing = [ageOf(lists.trust.asOf, lists.trust.freshUntil, now), ageOf(status, times.freshUntil, now)].some(
    (age) => age === "ageing",
  );
  return {
    ...view,
    trustAt: momentInWords(new Date(times.trust), words.months),
    statusAt: momentInWords(new Date(status), words.months),
    isAgeing,
  };
}

/** @param {Awaited<ReturnType<typeof verifiedHere>>} view @param {boolean} isOffline */
function showOwn(view, isOffline) {
  if (view === null) return;
  // Of a code that could not be read the lists say nothing.
  const name = isOffline ? "fresh_offline" : "fresh_device";
  const fresh = view.state === "unreadable" ? "" : message(name, { status: view.statusAt, trust: view.trustAt });
  show(view, fresh, view.isAgeing ? message("getting_old") : null);
}

/** @param {Way} way @param {string} text @param {Examined} examined */
async function check(way, text, examined) {
  window.clearTimeout(rechecking);
  const digits = digitsIn(text);
  const mine = { way, digits, again: () => check(way, text, examined) };
  if (current === null || current.digits !== digits) stage("checking");
  current = mine;
  const isCurrent = () => current === mine;

  const here = verifiedHere(text, examined).catch(() => null);
  const service = askByCode(digits).then(
    (view) => (examined === "code_in_file" ? asCodeInFile(view, words) : view),
    (/** @type {unknown} */ error) => (error instanceof Refusal ? error : new Unreachable()),
  );
  const first = await Promise.race([service, new Promise((done) => window.setTimeout(done, PATIENCE, null))]);
  if (first === null) {
    const own = await here;
    if (isCurrent() && own !== null && !isShown()) showOwn(own, false);
  }
  const [said, own] = await Promise.all([service, here]);
  if (!isCurrent()) return;
  if (said instanceof Error) {
    const isOffline = !(said instanceof Refusal);
    if (own !== null) showOwn(own, isOffline);
    else if (!isOffline) showFailure(said.said);
    else showFailure(navigator.onLine ? undefined : message("no_lists_offline"));
  } else if (own !== null && fresher(/** @type {VerdictView} */ (said), own) === own) {
    showOwn(own, false);
  } else {
    show(said, message("fresh_service"), null);
  }
  // A page left open must not go on saying "valid" about a document that was revoked meanwhile.
  rechecking = window.setTimeout(recheck, RECHECK);
}

function recheck() {
  if (current !== null && current.digits && isShown() && document.visibilityState === "visible") void current.again();
}

/** The digits alone go to the service, whatever host a link names. @param {string} text */
function digitsIn(text) {
  try {
    return digitsOf(text);
  } catch {
    return text;
  }
}

/** Whether a scanned text is the code of a document, as far as anybody can see. @param {string} text */
function isOurs(text) {
  try {
    const digits = digitsOf(text);
    return text.includes("#") || digits.length >= LEAST_DIGITS;
  } catch {
    return false;
  }
}

// --- the ways ---

async function startScanning() {
  stopCamera();
  current = null;
  trouble.hidden = true;
  stage("scanning");
  const seen = found("seen");
  seen.textContent = message("point");
  found("scanning-title").focus();
  try {
    const [opened, decoder] = await Promise.all([openCamera(video).then(keepCamera), openDecoder()]);
    const torch = button("torch");
    torch.hidden = !opened.hasTorch;
    torch.setAttribute("aria-pressed", "false");
    await scan(opened, decoder, (text) => {
      if (!isOurs(text)) {
        seen.textContent = message("foreign_code");
        return false;
      }
      stopCamera();
      void check("camera", text, "code");
      return true;
    });
  } catch (error) {
    stopCamera();
    if (error instanceof CameraClosed) showTrouble(message(error.trouble));
    else if (error instanceof DecoderMissing) showTrouble(message("decoder_missing"));
    else showTrouble(message("camera_failed"));
  }
}

/** @param {import("./camera.js").Camera} opened */
function keepCamera(opened) {
  camera = opened;
  // Stopped before it was open.
  if (scanning.hidden) stopCamera();
  return opened;
}

function stopCamera() {
  camera?.close();
  camera = null;
}

/** @param {File} chosen */
async function checkFile(chosen) {
  trouble.hidden = true;
  stage("checking");
  /** @type {Way} */
  let way = "photo";
  if (await isPdf(chosen)) {
    way = "file";
  } else {
    const codes = [...new Set((await codesIn(chosen, isOurs)).map(digitsIn))];
    if (codes.length === 1) return check("photo", /** @type {string} */ (codes[0]), "code_in_file");
    if (codes.length > 1) return showTrouble(message("several_codes"));
    if (!navigator.onLine) return showTrouble(message("offline_no_code"));
  }
  if (!navigator.onLine) return showTrouble(message("offline_file"));
  return ask(way, async () => askByFile(await smallEnough(chosen)), "offline_file");
}

/** @param {FormData} typed */
async function checkNumber(typed) {
  trouble.hidden = true;
  if (!navigator.onLine) return showTrouble(message("offline_number"));
  stage("checking");
  const [number, code] = [String(typed.get("number") ?? ""), String(typed.get("check_code") ?? "")];
  return ask("number", () => askByNumber(number, code), "offline_number");
}

/** @param {Way} way @param {() => Promise<VerdictView>} question @param {string} offline */
async function ask(way, question, offline) {
  window.clearTimeout(rechecking);
  const mine = { way, digits: "", again: () => ask(way, question, offline) };
  current = mine;
  try {
    const view = await question();
    if (current === mine) show(view, message("fresh_service"), null);
  } catch (error) {
    if (current !== mine) return;
    if (error instanceof Refusal) showFailure(error.said);
    else if (navigator.onLine) showFailure();
    else showTrouble(message(offline));
  }
}

function openLink() {
  const digits = window.location.hash.slice(1);
  if (!/^[0-9]+$/.test(digits)) return;
  window.history.replaceState(null, "", window.location.pathname + window.location.search);
  stopCamera();
  clearResult();
  current = null;
  void check("link", digits, "code");
}

/** Nothing of what was shown stays. @param {boolean} [isByHand] */
function forget(isByHand = false) {
  window.clearTimeout(rechecking);
  stopCamera();
  current = null;
  for (const form of document.querySelectorAll("form")) form.reset();
  trouble.hidden = true;
  stage("ways");
  document.title = title;
  if (isByHand) found("main").focus();
}

const title = ways.querySelector("h1")?.textContent ?? document.title;

result.addEventListener("click", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  if (target.closest("[data-retry]")) void current?.again();
  else if (target.closest("[data-keep]")) keepResult();
  else if (target.closest("[data-ways]")) forget(true);
  else if (target.closest("[data-again]")) {
    event.preventDefault();
    const way = current?.way;
    forget(true);
    if (way === "camera" || way === "link") void startScanning();
    else if (way === "number") found("number").focus();
    else file.focus();
  }
});
result.addEventListener("over", () => forget());

button("scan").addEventListener("click", () => void startScanning());
button("stop").addEventListener("click", () => forget(true));
button("torch").addEventListener("click", async () => {
  const torch = button("torch");
  const isOn = torch.getAttribute("aria-pressed") !== "true";
  await camera?.light(isOn);
  torch.setAttribute("aria-pressed", String(isOn));
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
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") recheck();
  else if (camera !== null) forget();
});

found("by-camera").hidden = false;
found("by-link").hidden = true;
// What a form without scripts was answered.
if (result.firstElementChild instanceof HTMLElement) result.firstElementChild.focus();
openLink();
keepListsFresh(words.months, renewLists);
becomeInstalled(() => !ways.hidden);
