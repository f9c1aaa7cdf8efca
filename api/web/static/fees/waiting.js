// While a rehearsal runs, its page is asked for again until it is over. Without this the page has a link for it.

const AGAIN_MS = 2000;
const MOST_MS = 15000;

/**
 * Put what the page says now in the place of what it said; give whether it still waits.
 * @param {string} html
 * @returns {boolean}
 */
function show(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const now = document.querySelector("[data-waiting]");
  const then = fresh.querySelector("[data-waiting]");
  if (!now || !then) return false;
  now.querySelector("p")?.replaceWith(/** @type {Element} */ (then.querySelector("p")));
  const bar = then.querySelector("progress");
  const shown = now.querySelector("progress");
  if (bar && shown) shown.value = bar.value;
  else if (bar) now.querySelector("p")?.after(bar);
  return true;
}

/** @param {number} wait */
async function follow(wait) {
  await new Promise((resolve) => setTimeout(resolve, wait));
  try {
    const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
    if (answer.ok && !show(await answer.text())) {
      location.replace(location.pathname);
      return;
    }
  } catch {
    // the network is away for a moment: the next try may find it
  }
  void follow(Math.min(wait * 1.3, MOST_MS));
}

void follow(AGAIN_MS);
