// The page as a program of its own: the worker that serves it without a network, its updates, its icon on a telephone.

import { button, found } from "./words.js";

const LANGUAGE_CACHE = "condau-language";
const LOOK_FOR_UPDATES = 3_600_000;

/** @param {() => boolean} isIdle whether nobody would lose anything by loading the page anew */
export function becomeInstalled(isIdle) {
  offerToInstall();
  if (!globalThis.isSecureContext || !("serviceWorker" in navigator)) return;
  void keepLanguage();
  void serve(isIdle);
}

/** @param {() => boolean} isIdle */
async function serve(isIdle) {
  const { serviceWorker } = navigator;
  const wasServed = serviceWorker.controller !== null;
  let isTakingOver = false;
  /** @param {ServiceWorker} worker */
  const takeOver = (worker) => {
    isTakingOver = true;
    worker.postMessage("take over");
  };
  serviceWorker.addEventListener("controllerchange", () => {
    if (isTakingOver) window.location.reload();
  });

  let registration;
  try {
    registration = await serviceWorker.register("/v/worker.js", { scope: "/v", updateViaCache: "none" });
  } catch {
    // Without a network it is the one of before that goes on; without leave to keep anything, none.
    return;
  }
  const offer = () => {
    if (registration.waiting === null || !wasServed) return;
    found("update").hidden = false;
  };
  // Ready since the last visit: nobody has begun anything yet.
  if (registration.waiting !== null && wasServed && isIdle()) takeOver(registration.waiting);
  registration.addEventListener("updatefound", () => {
    registration.installing?.addEventListener("statechange", offer);
  });
  found("update").querySelector("button")?.addEventListener("click", () => {
    if (registration.waiting !== null) takeOver(registration.waiting);
  });
  window.setInterval(() => void registration.update().catch(() => undefined), LOOK_FOR_UPDATES);
}

/** Which language to open in, where no server can be asked what was chosen. */
async function keepLanguage() {
  const kept = await caches.open(LANGUAGE_CACHE);
  await kept.put("/v/language", new Response(document.documentElement.lang));
}

function offerToInstall() {
  window.addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    const install = button("install");
    install.hidden = false;
    install.addEventListener("click", () => {
      install.hidden = true;
      /** @type {any} */ (event).prompt();
    });
  });
}
