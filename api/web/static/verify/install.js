// The page as a program of its own: the worker that serves it without a network, its updates, its icon on a telephone.

import { button, found } from "./words.js";

const LANGUAGE_CACHE = "condau-language";
const LOOK_FOR_UPDATES = 3_600_000;

/**
 * @param {() => boolean} isIdle whether nobody would lose anything by loading the page anew
 * @returns {Promise<boolean>} whether the page opens here without a network, as soon as that is decided
 */
export async function becomeInstalled(isIdle) {
  offerToInstall();
  if (!globalThis.isSecureContext || !("serviceWorker" in navigator)) return false;
  void keepLanguage();
  const opens = await serve(isIdle);
  // So that the lists are evicted less readily. Some browsers ask people, and nobody is asked beside a result.
  if (opens && isIdle()) void navigator.storage?.persist?.().catch(() => undefined);
  return opens;
}

/** @param {() => boolean} isIdle @returns {Promise<boolean>} */
async function serve(isIdle) {
  const { serviceWorker } = navigator;
  const wasServed = serviceWorker.controller !== null;
  let loadsAnew = () => false;
  /** @param {() => boolean} anew whether this page is to be of the release that waits as soon as that has taken over */
  const takeOver = (anew) => {
    loadsAnew = anew;
    registration.waiting?.postMessage("take over");
  };
  serviceWorker.addEventListener("controllerchange", () => {
    if (loadsAnew()) window.location.reload();
  });

  /** @type {ServiceWorkerRegistration} */
  let registration;
  try {
    registration = await serviceWorker.register("/v/worker.js", { scope: "/v", updateViaCache: "none" });
  } catch {
    // Without leave to keep anything.
    return false;
  }
  const offer = () => {
    if (registration.waiting === null || !wasServed) return;
    found("update").hidden = false;
  };
  const watch = () => registration.installing?.addEventListener("statechange", offer);
  // Ready since the last visit. Where somebody has begun already, by a document's link, this page stays as it is, and the
  // next one is new: by links alone nobody would ever see the offer. The older worker is ended once nothing is asked of
  // it: Chromium lets go of a takeover that a request comes in between of, and gives that request no answer.
  if (registration.waiting !== null && wasServed) {
    if (isIdle()) takeOver(isIdle);
    else onceLeft(() => takeOver(() => false));
  }
  watch();
  registration.addEventListener("updatefound", watch);
  found("update").querySelector("button")?.addEventListener("click", () => {
    takeOver(() => true);
  });
  window.setInterval(() => void registration.update().catch(() => undefined), LOOK_FOR_UPDATES);
  return registration.active !== null || isKept(registration.installing ?? registration.waiting);
}

/** When the page is closed, or another application or tab comes in front of it. @param {() => void} then */
function onceLeft(then) {
  const left = () => {
    if (document.visibilityState !== "hidden") return;
    document.removeEventListener("visibilitychange", left);
    then();
  };
  document.addEventListener("visibilitychange", left);
}

/** Whether the first worker could keep what it is there for. @param {ServiceWorker | null} worker @returns {Promise<boolean>} */
async function isKept(worker) {
  return new Promise((decided) => {
    const look = () => {
      if (worker?.state === "activated") decided(true);
      else if (worker === null || worker.state === "redundant") decided(false);
    };
    worker?.addEventListener("statechange", look);
    look();
  });
}

/** Which language to open in, where no server can be asked what was chosen. */
async function keepLanguage() {
  try {
    const kept = await caches.open(LANGUAGE_CACHE);
    await kept.put("/v/language", new Response(document.documentElement.lang));
  } catch {
    // Where nothing is kept nothing opens without a network, in any language.
  }
}

/** Where the browser leaves that to pages: an offer of theirs can be taken once, and may be made again. */
function offerToInstall() {
  const install = button("install");
  /** @type {any} */
  let offered = null;
  window.addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    offered = event;
    install.hidden = false;
  });
  install.addEventListener("click", () => {
    install.hidden = true;
    offered?.prompt();
    offered = null;
  });
}
