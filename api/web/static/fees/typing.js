// What somebody typed and has not saved is not lost by a slip, and no file is sent for minutes to be refused.

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-unsaved]"));
let isUnsaved = form?.dataset.unsaved === "yes";

window.addEventListener("beforeunload", (event) => {
  if (isUnsaved) event.preventDefault();
});

form?.addEventListener("input", () => (isUnsaved = true));
form?.addEventListener("submit", () => (isUnsaved = false));
for (const away of document.querySelectorAll("[data-leave]")) {
  away.addEventListener("click", () => (isUnsaved = false));
}

for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll("input[data-most-bytes]"))) {
  input.addEventListener("change", () => {
    const told = document.getElementById(`${input.id}-too-large`);
    const isTooLarge = (input.files?.[0]?.size ?? 0) > Number(input.dataset.mostBytes);
    if (isTooLarge) input.value = "";
    if (told) told.hidden = !isTooLarge;
  });
}
