// @ts-check
// A part of the form that only matters for one answer is shown for that answer alone. Without this module it is always
// there, and says when it counts.

for (const found of document.querySelectorAll("[data-when]")) {
  const part = /** @type {HTMLElement} */ (found);
  const { when = "", is = "" } = part.dataset;
  const form = part.closest("form");
  const show = () => {
    if (form) part.hidden = new FormData(form).get(when) !== is;
  };
  form?.addEventListener("change", show);
  show();
}

export {};
