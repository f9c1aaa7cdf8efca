// @ts-check
// The price follows what is filled in. The server works it out, and answers with the page that it answers with anyway;
// without this module there is a button for it, and the page before sending says it once more.

const WAIT_MILLISECONDS = 350;
const PRICED = /^(?:input\.copies|input\.delivery|for|category\.[a-z_]+)$/;

const form = /** @type {HTMLFormElement} */ (document.querySelector("form[data-quote]"));
const shown = /** @type {HTMLElement} */ (document.querySelector("[data-quote-shown]"));

/**
 * Only what the price depends on leaves the form: nothing else is anybody's business before it is sent.
 * @param {HTMLFormElement} of
 */
function asked(of) {
  const told = new URLSearchParams();
  for (const [name, value] of new FormData(of)) {
    if (PRICED.test(name) && typeof value === "string") told.append(name, value);
  }
  return told.toString();
}

/** What the page was made for. By now more is chosen where this script came late, or by a way back in history. */
function askedAtFirst() {
  const untouched = /** @type {HTMLFormElement} */ (form.cloneNode(true));
  untouched.reset();
  return asked(untouched);
}

let known = "";
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** @type {AbortController | undefined} */
let running;

async function update() {
  const told = asked(form);
  if (told === known) return;
  running?.abort();
  running = new AbortController();
  try {
    const answer = await fetch(form.dataset.quote || form.action, {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded", Accept: "text/html" },
      body: told,
      signal: running.signal,
    });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("quote");
    const old = document.getElementById("quote");
    if (!fresh || !old) return;
    const wasOpen = [...old.querySelectorAll("details")].map((one) => one.open);
    [...fresh.querySelectorAll("details")].forEach((one, at) => { one.open = wasOpen[at] ?? false; });
    old.replaceWith(document.adoptNode(fresh));
    known = told;
  } catch {
    // No connection, or a newer question: what stands there says for how many copies it is.
  }
}

if (form && shown) {
  known = askedAtFirst();
  void update();
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(update, WAIT_MILLISECONDS);
  });
  if (!form.dataset.quote) {
    form.addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(timer); update(); });
  }
  for (const one of document.querySelectorAll("[data-without-script]")) one.setAttribute("hidden", "");
}

export {};
