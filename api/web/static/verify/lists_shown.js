// What the page says of the lists on this device, and when it renews them.

import { CAN_VERIFY, forgetLists, heldLists, refusal, renewLists, timesOf, waitBeforeRenewal } from "./lists.js";
import { momentInWords } from "./present.js";
import { ageOf } from "./verify_qr.js";
import { button, found, message } from "./words.js";

const LONGEST_TELLING = 60_000;

/** Signed by a key that no list held here has named. */
const STRANGER = "trust_list_signer_unknown";

/**
 * Renew the lists now, whenever they ask for it, and as soon as a network is back; and say how old they are.
 *
 * @param {string[]} months
 */
export function keepListsFresh(months) {
  let timer = 0;

  const tell = async () => {
    found("no-network").hidden = navigator.onLine;
    found("lists").hidden = false;
    found("lists-state").textContent = await state(months);
    button("anew").hidden = refusal() !== STRANGER;
  };
  const renewed = async () => {
    window.clearTimeout(timer);
    button("renew").disabled = true;
    await tell();
    await renewLists();
    await tell();
    button("renew").disabled = !CAN_VERIFY;
    timer = window.setTimeout(() => void renewed(), waitBeforeRenewal(new Date()));
  };

  button("renew").addEventListener("click", () => void renewed());
  // Whose lists these are nothing proves then but the connection: that is for a person to decide.
  button("anew").addEventListener("click", () => void forgetLists().then(renewed));
  window.addEventListener("online", () => void renewed());
  window.addEventListener("offline", () => void tell());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") void renewed();
  });
  window.setInterval(() => void tell(), LONGEST_TELLING);
  void renewed();
}

/** @param {string[]} months */
async function state(months) {
  if (!CAN_VERIFY) return message("lists_not_here");
  const lists = await heldLists();
  if (lists === null) return message("lists_none");
  const times = timesOf(lists);
  const code = refusal();
  const moment = momentInWords(new Date(Math.min(times.status, times.trust)), months);
  const now = new Date();
  const ages = [ageOf(times.trust, lists.trust.freshUntil, now), ageOf(times.status, times.freshUntil, now)];
  if (code === STRANGER) return message("lists_signer", { moment });
  if (ages.includes("over")) return message("lists_over", { moment });
  if (code !== null) return message("lists_refused", { moment, code });
  return message(ages.includes("ageing") ? "lists_old" : "lists_of", { moment });
}
