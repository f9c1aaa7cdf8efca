// @ts-check
/* Keys for lists of cases. None of them changes anything, and they can be switched off (WCAG 2.1.4). */

const KEPT = "condau-desk-keys";

/** @returns {boolean} */
function areOn() {
  try {
    return localStorage.getItem(KEPT) !== "off";
  } catch {
    return true; // a browser that keeps nothing
  }
}

/** @param {boolean} on */
function keep(on) {
  try {
    localStorage.setItem(KEPT, on ? "on" : "off");
  } catch {
    // then it holds for this page alone
  }
}

/** @param {EventTarget | null} target */
function isWriting(target) {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** @param {number} step */
function move(step) {
  const links = /** @type {HTMLAnchorElement[]} */ ([...document.querySelectorAll('[data-keys="list"] li a[href]')]);
  if (links.length === 0) return;
  const here = links.findIndex((link) => link === document.activeElement);
  const next = here === -1 ? (step > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, here + step));
  links[next]?.focus();
  links[next]?.closest("li")?.scrollIntoView({ block: "nearest" });
}

function showKeys() {
  const keys = /** @type {HTMLDetailsElement | null} */ (document.getElementById("keys"));
  if (keys === null) return;
  keys.open = true;
  keys.querySelector("summary")?.focus();
}

/** On narrow screens the search is a page of its own. */
function toSearch() {
  const sought = document.getElementById("sought");
  if (sought?.getClientRects().length) sought.focus();
  else document.getElementById("find")?.click();
}

const keys = document.getElementById("keys");
const box = /** @type {HTMLInputElement | null} */ (document.getElementById("keys-on"));
if (keys !== null && box !== null) {
  keys.hidden = false;
  let on = areOn();
  box.checked = on;
  box.addEventListener("change", () => {
    on = box.checked;
    keep(on);
  });
  document.addEventListener("keydown", (event) => {
    if (!on || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isWriting(event.target)) return;
    switch (event.key) {
      case "j":
      case "ArrowDown":
        // without a place in the list the arrow goes on scrolling the page
        if (event.key === "ArrowDown" && !document.activeElement?.closest('[data-keys="list"]')) return;
        move(1);
        break;
      case "k":
      case "ArrowUp":
        if (event.key === "ArrowUp" && !document.activeElement?.closest('[data-keys="list"]')) return;
        move(-1);
        break;
      case "/":
        toSearch();
        break;
      case "?":
        showKeys();
        break;
      default:
        return;
    }
    event.preventDefault();
  });
}
