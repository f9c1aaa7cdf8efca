// A page that waits asks now and then whether something has changed, and shows it without moving anybody's focus.
// Without this script the page is as it was when it was loaded, and loading it anew does the same.

const FIRST_SECONDS = 5;
const SLOWER = 1.4;
const SLOWEST_SECONDS = 60;
// A page left open must not keep its session alive for ever.
const FOR_SECONDS = 15 * 60;

let seconds = FIRST_SECONDS;
let waited = 0;
let timer = 0;

/** The part of the page that is kept up to date. @returns {HTMLElement | null} */
function live() {
  return document.getElementById("live");
}

/**
 * Whether the person is in the middle of something there that must not be taken away.
 * @param {HTMLElement} part
 */
function isUsed(part) {
  const active = document.activeElement;
  return active instanceof HTMLElement && part.contains(active) && active.matches("input, textarea, select");
}

/**
 * Put what is new in the place of the old; what was open stays open, and the focus stays where it was.
 * @param {HTMLElement} old
 * @param {HTMLElement} fresh
 */
function replace(old, fresh) {
  const open = new Set([...old.querySelectorAll("details[open] > summary")].map((one) => one.textContent));
  const wasIn = old.contains(document.activeElement);
  const target = document.activeElement instanceof HTMLAnchorElement ? document.activeElement.getAttribute("href") : null;
  for (const one of fresh.querySelectorAll("details")) {
    one.open = open.has(one.querySelector("summary")?.textContent ?? "");
  }
  old.replaceWith(fresh);
  if (wasIn) {
    const again = target === null ? null : fresh.querySelector(`a[href="${CSS.escape(target)}"]`);
    const place = again ?? document.getElementById("main");
    if (place instanceof HTMLElement) place.focus({ preventScroll: true });
  }
  document.dispatchEvent(new CustomEvent("renewed"));
  const told = document.getElementById("changed");
  if (told) told.textContent = fresh.dataset.changed ?? "";
}

async function look() {
  const part = live();
  if (!part || isUsed(part)) return;
  const answer = await fetch(window.location.pathname, {
    headers: { "If-None-Match": part.dataset.etag ?? "", Accept: "text/html" },
    cache: "no-store",
    redirect: "error",
  });
  if (answer.status !== 200) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
  // of two looks at once, the quicker one has replaced it
  if (fresh && part.isConnected && fresh.dataset.etag !== part.dataset.etag) replace(part, fresh);
}

async function lookIfSeen() {
  try {
    if (document.visibilityState === "visible") await look();
  } catch {
    // no network, or signed out meanwhile: the next look, or the next load of the page, tells
  }
}

/** There is one wait at a time, whoever begins it. */
function wait() {
  window.clearTimeout(timer);
  if (waited < FOR_SECONDS) timer = window.setTimeout(again, seconds * 1000);
}

async function again() {
  waited += seconds;
  seconds = Math.min(seconds * SLOWER, SLOWEST_SECONDS);
  await lookIfSeen();
  wait();
}

/** Somebody comes back, perhaps from the bank's app: what has changed is shown at once, and the waiting begins anew. */
async function anew() {
  if (document.visibilityState !== "visible") return;
  seconds = FIRST_SECONDS;
  waited = 0;
  wait();
  await lookIfSeen();
}

// A page with an entity tag waits for something; one that shows a refusal stays as it is.
if (live()?.dataset.etag) {
  wait();
  document.addEventListener("visibilitychange", anew);
}

export {};
