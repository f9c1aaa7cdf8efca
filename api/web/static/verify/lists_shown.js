// What the page says of the lists on this device, and when it renews them.

import {
  CAN_VERIFY,
  areLostAtClosing,
  forgetLists,
  heldLists,
  refusal,
  renewLists,
  timesOf,
  waitBeforeRenewal,
} from "./lists.js";
import { momentInWords } from "./present.js";
import { ageOf } from "./verify_qr.js";
import { button, found, message } from "./words.js";

const LONGEST_TELLING = 60_000;

/** Signed by a key that no list held here has named. */
const STRANGER = "trust_list_signer_unknown";
/** What a person has to do something about before the next check without a network. */
const TROUBLES = new Set(["lists_clock", "lists_signer", "lists_over", "lists_refused"]);
/** What has just come is of tomorrow, or over. */
const OUT_OF_TIME = new Set(["trust_list_from_the_future", "trust_list_expired", "status_list_from_the_future"]);

/**
 * Renew the lists now, whenever they ask for it, and as soon as a network is back; and say how old they are.
 *
 * @param {string[]} months
 * @param {Promise<boolean>} opening whether the page opens here without a network, as soon as that is decided
 */
export function keepListsFresh(months, opening) {
  let timer = 0;
  /** @type {boolean | null} */
  let opens = null;

  const tell = async () => {
    const network = found("no-network");
    const said = navigator.onLine ? "" : message((await heldLists()) ? "no_network" : "no_network_no_lists");
    // Said once, and not again each minute.
    if (network.textContent !== said) network.textContent = said;
    network.hidden = said === "";
    found("works-offline").hidden = !CAN_VERIFY || opens === false || areLostAtClosing();
    found("lists").hidden = false;
    const { name, values } = await state(months, opens);
    found("lists-state").textContent = message(name, values);
    // Below all the ways nobody would read it in time.
    found("lists-trouble").hidden = !TROUBLES.has(name);
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
  void opening.then((answer) => {
    opens = answer;
    return tell();
  });
  void renewed();
}

/**
 * @param {string[]} months
 * @param {boolean | null} opens
 * @returns {Promise<{ name: string, values?: Record<string, string> }>} what to say
 */
async function state(months, opens) {
  if (!CAN_VERIFY) return { name: "lists_not_here" };
  const lists = await heldLists();
  const code = refusal();
  if (isClockWrong(lists, code)) return { name: "lists_clock", values: { now: momentInWords(new Date(), months) } };
  if (lists === null) return { name: "lists_none" };
  const times = timesOf(lists);
  const moment = momentInWords(new Date(Math.min(times.status, times.trust)), months);
  const now = new Date();
  const ages = [ageOf(times.trust, lists.trust.freshUntil, now), ageOf(times.status, times.freshUntil, now)];
  if (code === STRANGER) return { name: "lists_signer", values: { moment } };
  if (ages.includes("over")) return { name: "lists_over", values: { moment } };
  if (code !== null) return { name: "lists_refused", values: { moment, code } };
  if (ages.includes("ageing")) return { name: "lists_old", values: { moment } };
  if (areLostAtClosing() || opens === false) return { name: "lists_not_kept", values: { moment } };
  return { name: opens ? "lists_of" : "lists_here", values: { moment } };
}

/**
 * Whether the clock of this device is to blame, as far as it can be seen from here: the service, which could be instead,
 * renews its lists every minute.
 *
 * @param {import("./lists.js").Held | null} lists
 * @param {string | null} code why the last download was refused
 */
function isClockWrong(lists, code) {
  if (code !== null) return OUT_OF_TIME.has(code);
  if (lists === null || lists.statusLists.size === 0) return false;
  const ends = Array.from(lists.statusLists.values(), ({ list }) => list.freshUntil);
  // Over when they came, and still: a clock that has been set since is no longer to blame.
  return Math.max(...ends) <= Math.min(lists.receivedAt, Date.now());
}
