// Keeps the screen on while somebody holds the code out, where the browser can.

async function stayOn() {
  try {
    if (document.visibilityState === "visible") await navigator.wakeLock?.request("screen");
  } catch {
    // refused, as with a low battery: the code is still there
  }
}

document.addEventListener("visibilitychange", stayOn);
stayOn();

export {};
