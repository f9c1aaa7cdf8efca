// Photos are made smaller before they are uploaded. Without this module, or where it fails, the file goes as it is, and
// the answer says what to do.

import { isToShrink, smallEnough } from "../smaller.js";

const input = /** @type {HTMLInputElement} */ (document.getElementById("file"));
const form = /** @type {HTMLFormElement} */ (input.form);
let isAtWork = false;

form.addEventListener("submit", async (event) => {
  const file = input.files?.[0];
  if (isAtWork) event.preventDefault();
  if (isAtWork || file === undefined || !isToShrink(file)) return;
  event.preventDefault();
  isAtWork = true;
  try {
    const smaller = await smallEnough(file);
    if (smaller !== file) {
      const chosen = new DataTransfer();
      chosen.items.add(new File([smaller], `${file.name.replace(/\.[^.]*$/, "")}.jpg`, { type: smaller.type }));
      input.files = chosen.files;
    }
  } catch {
    // A browser that lets nobody choose in a person's place: the service says what to do.
  } finally {
    isAtWork = false;
  }
  // Unlike requestSubmit it raises no second event.
  form.submit();
});
