// Opens from a document's QR code: the code's digits stand behind the `#`, which no server ever sees in an address.
// They are taken out of the address at once, so that neither the history nor a shared screenshot keeps a person's name.

const RECHECK_SECONDS = 30;
const MAX_RECHECKS = 20;

const result = document.getElementById("result");
const ways = document.getElementById("ways");
const checking = document.getElementById("checking");

let digits = "";
let shownState = "";
let rechecks = 0;
let timer = 0;

function valueAt(data, path) {
  return path.split(".").reduce((value, name) => (value == null ? value : value[name]), data);
}

function fill(templateId, data) {
  const section = document.getElementById(templateId).content.firstElementChild.cloneNode(true);
  for (const part of section.querySelectorAll("[data-if]")) {
    if (valueAt(data, part.dataset.if) == null) part.remove();
  }
  for (const part of section.querySelectorAll("[data-fill]")) {
    const value = valueAt(data, part.dataset.fill);
    if (value != null) part.textContent = value;
  }
  for (const part of section.querySelectorAll("[data-outcome-of]")) {
    part.dataset.outcome = valueAt(data, part.dataset.outcomeOf);
  }
  return section;
}

function show(section, state) {
  const wasOpen = result.querySelector("details")?.open ?? false;
  const details = section.querySelector("details");
  if (details) details.open = wasOpen;
  result.replaceChildren(section);
  ways.hidden = true;
  checking.hidden = true;
  // A check repeated in the background must not pull the reader away while the answer stays the same.
  if (state !== shownState) section.focus();
  shownState = state;
}

async function ask() {
  const response = await fetch("/v1/verifications/qr", {
    method: "POST",
    headers: { "Content-Type": "application/json", "Accept-Language": document.documentElement.lang },
    body: JSON.stringify({ text: digits }),
  });
  return { ok: response.ok, body: await response.json() };
}

async function check() {
  window.clearTimeout(timer);
  const asked = digits;
  let section;
  let state;
  try {
    const { ok, body } = await ask();
    if (ok) {
      section = fill("verdict", body);
      section.dataset.state = state = body.state;
      document.title = body.title;
    } else {
      section = fill("failure", { message: body.detail ?? body.title });
      state = body.code;
    }
  } catch {
    section = fill("failure", {});
    state = "failure";
  }
  if (asked !== digits) return;
  show(section, state);
  rechecks += 1;
  // A page left open must not go on saying "valid" about a document that was revoked meanwhile.
  if (rechecks < MAX_RECHECKS) timer = window.setTimeout(recheck, RECHECK_SECONDS * 1000);
}

function recheck() {
  if (digits && document.visibilityState === "visible") check();
}

function open() {
  const found = window.location.hash.slice(1);
  if (!found) return;
  window.history.replaceState(null, "", window.location.pathname + window.location.search);
  digits = found;
  shownState = "";
  rechecks = 0;
  result.replaceChildren();
  ways.hidden = true;
  checking.hidden = false;
  check();
}

function forget() {
  window.clearTimeout(timer);
  digits = "";
  shownState = "";
  result.replaceChildren();
  ways.hidden = false;
  checking.hidden = true;
  document.getElementById("main").focus();
}

result.addEventListener("click", (event) => {
  if (event.target.closest("[data-retry]")) check();
  if (event.target.closest("[data-again]")) {
    event.preventDefault();
    forget();
  }
});

// The other language shows the same document: the digits travel behind the `#` again.
document.getElementById("other-language").addEventListener("click", (event) => {
  if (digits) event.currentTarget.hash = digits;
});

window.addEventListener("hashchange", open);
document.addEventListener("visibilitychange", recheck);
result.querySelector(".verdict")?.focus();
open();
