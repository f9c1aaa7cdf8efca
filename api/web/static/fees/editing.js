// While a part of a draft is edited, what it comes to is asked for again. Without this there is a button for it.

const QUIET_MS = 900;

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-editing]"));
let timer = 0;
let asked = 0;
let isToRebuild = false;

/**
 * Send the form as the button `look` would, without its file, and show the page's own answer.
 * @param {HTMLFormElement} of
 */
async function look(of) {
  const number = ++asked;
  const sent = new FormData(of);
  sent.delete("file");
  sent.set("do", "look");
  document.querySelector("[data-live]")?.setAttribute("data-busy", "");
  try {
    const answer = await fetch(of.action, { method: "POST", body: sent, headers: { Accept: "text/html" } });
    if (!answer.ok || number !== asked) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    swap(fresh, "[data-live]");
    if (isToRebuild) {
      keepTyped(fresh, of, sent);
      swap(fresh, "[data-rebuilt]");
      isToRebuild = false;
    }
  } catch {
    // the network is away for a moment: the button still works
  } finally {
    document.querySelector("[data-live]")?.removeAttribute("data-busy");
  }
}

/**
 * What was typed while the answer was on its way is put into the fields that take the old ones' places.
 * @param {Document} fresh
 * @param {HTMLFormElement} of
 * @param {FormData} sent
 */
function keepTyped(fresh, of, sent) {
  for (const one of of.querySelectorAll("[data-rebuilt] input[id], [data-rebuilt] select[id]")) {
    const now = /** @type {HTMLInputElement} */ (one);
    const then = /** @type {HTMLInputElement | null} */ (fresh.getElementById(now.id));
    if (!then) continue;
    if (now.type === "checkbox") {
      if (now.checked !== sent.has(now.name)) then.checked = now.checked;
    } else if (now.value !== (sent.get(now.name) ?? "")) {
      then.value = now.value;
    }
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

/**
 * Whether something else is chosen than the page was made for: before this script came, or by a way back in history.
 * @param {HTMLFormElement} of
 */
function isBehind(of) {
  const chosen = /** @type {NodeListOf<HTMLSelectElement>} */ (of.querySelectorAll("select[data-rebuild]"));
  return [...chosen].some((one) => !one.selectedOptions[0]?.defaultSelected);
}

if (form) {
  form.setAttribute("data-scripted", "");
  if (isBehind(form)) {
    isToRebuild = true;
    void look(form);
  }
  form.addEventListener("input", (event) => {
    const at = /** @type {Element} */ (event.target);
    const shapes = at.hasAttribute("data-rebuild");
    isToRebuild ||= shapes;
    window.clearTimeout(timer);
    timer = window.setTimeout(() => void look(form), shapes ? 0 : QUIET_MS);
  });
}
