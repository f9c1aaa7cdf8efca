// A button beside each text that has to be typed exactly elsewhere.

function offer() {
  const template = document.getElementById("copy-button");
  if (!(template instanceof HTMLTemplateElement) || !navigator.clipboard) return;
  for (const text of document.querySelectorAll("[data-copy]")) {
    const button = template.content.firstElementChild?.cloneNode(true);
    if (!(text instanceof HTMLElement) || !(button instanceof HTMLButtonElement)) continue;
    const label = text.closest("div")?.querySelector("dt")?.textContent ?? "";
    const words = button.textContent ?? "";
    button.setAttribute("aria-label", `${words}: ${label}`);
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(text.dataset.copy ?? "");
      button.textContent = button.dataset.copied ?? "";
      button.setAttribute("aria-label", `${button.textContent}: ${label}`);
    });
    text.after(button);
  }
}

offer();
document.addEventListener("renewed", offer);

export {};
