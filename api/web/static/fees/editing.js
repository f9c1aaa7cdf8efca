// While a part of a draft is edited, what it comes to is asked for again. Without this there is a button for it.

const QUIET_MS = 900;

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-editing]"));
let timer = 0;
let asked = 0;

/**
 * Send the form as the button `look` would, without its file, and show the page's own answer.
 * @param {HTMLFormElement} of
 * @param {boolean} rebuild whether fields depend on what was chosen
 */
async function look(of, rebuild) {
  const number = ++asked;
  const sent = new FormData(of);
  sent.delete("file");
  sent.set("do", "look");
  const live = document.querySelector("[data-live]");
  live?.setAttribute("data-busy", "");
  try {
    const answer = await fetch(of.action, { method: "POST", body: sent, headers: { Accept: "text/html" } });
    if (!answer.ok || number !== asked) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    swap(fresh, "[data-live]");
    if (rebuild) swap(fresh, "[data-rebuilt]");
  } catch {
    // the network is away for a moment: the button still works
  } finally {
    document.querySelector("[data-live]")?.removeAttribute("data-busy");
  }
}

/**
 * @param {Document} fresh
 * @param {string} what
 */
function swap(fresh, what) {
  const then = fresh.querySelector(what);
  const now = document.querySelector(what);
  if (!then || !now) return;
  const focused = document.activeElement?.id;
  now.replaceWith(then);
  if (focused) document.getElementById(focused)?.focus();
}

if (form) {
  form.setAttribute("data-scripted", "");
  form.addEventListener("input", (event) => {
    const at = /** @type {Element} */ (event.target);
    window.clearTimeout(timer);
    const rebuild = at.hasAttribute("data-rebuild");
    timer = window.setTimeout(() => void look(form, rebuild), rebuild ? 0 : QUIET_MS);
  });
}
