// The signed lists on this device: kept between visits, verified whenever they are read, renewed when there is a network.
// They are the same for everybody and say nothing of whoever was checked here.

import { BundleRefused, readBundle, readHeld, updateBundle, writeHeld } from "./verify_qr.js";

/** @typedef {import("./bundle.js").Held} Held */

const CACHE = "condau-lists";
const BUNDLE = "/.well-known/condau-bundle";
const LEAST_WAIT = 30_000;
const LONGEST_WAIT = 3_600_000;

/** Whether this browser can verify and keep anything: not without a secure context. */
export const CAN_VERIFY = globalThis.isSecureContext && "caches" in globalThis && crypto.subtle !== undefined;

/** @type {Held | null} */
let held = null;
/** @type {Promise<void> | null} */
let reading = null;
/** @type {Promise<void> | null} */
let renewing = null;
/** Why the last download was not taken; what was held stays. @type {string | null} */
let refusedFor = null;

/** The lists held, once they have been read. @returns {Promise<Held | null>} */
export async function heldLists() {
  reading ??= read();
  await reading;
  return held;
}

/** @returns {string | null} */
export function refusal() {
  return refusedFor;
}

/**
 * Fetch the lists and keep them, where they may follow those held. Several callers share one download.
 *
 * @returns {Promise<boolean>} whether the service was reached
 */
export async function renewLists() {
  if (!CAN_VERIFY) return false;
  await heldLists();
  renewing ??= renew().finally(() => {
    renewing = null;
  });
  try {
    await renewing;
    return true;
  } catch (error) {
    if (!(error instanceof BundleRefused)) return false;
    refusedFor = error.code;
    return true;
  }
}

/**
 * How long to wait before the next download, in milliseconds: as the lists ask for it.
 *
 * @param {Date} now
 * @returns {number}
 */
export function waitBeforeRenewal(now) {
  const lists = held === null ? [] : Array.from(held.statusLists.values(), ({ list }) => list);
  const left = lists.map((list) => list.refreshAfter - now.getTime());
  return Math.max(LEAST_WAIT, Math.min(LONGEST_WAIT, ...left));
}

/**
 * How old what is held is, all of it together.
 *
 * @param {Held} lists
 * @returns {{ trust: number, status: number, freshUntil: number }} instants: of the trust list, of the oldest status
 *   list, and when the first of them is over
 */
export function timesOf(lists) {
  const all = Array.from(lists.statusLists.values(), ({ list }) => list);
  return {
    trust: lists.trust.asOf,
    status: Math.min(...all.map((list) => list.issuedAt), ...(all.length === 0 ? [lists.trust.asOf] : [])),
    freshUntil: Math.min(lists.trust.freshUntil, ...all.map((list) => list.freshUntil)),
  };
}

/** As if this device had never had any. */
export async function forgetLists() {
  await (await caches.open(CACHE)).delete(BUNDLE);
  held = null;
  refusedFor = null;
}

async function read() {
  if (!CAN_VERIFY) return;
  try {
    const kept = await (await caches.open(CACHE)).match(BUNDLE);
    if (kept !== undefined) held = await readHeld(await kept.text());
  } catch (error) {
    // Damaged on this device: as if nothing had been kept. The next download begins anew.
    if (error instanceof BundleRefused) refusedFor = error.code;
  }
}

async function renew() {
  const answer = await fetch(BUNDLE, { cache: "no-cache", credentials: "omit" });
  if (!answer.ok) throw new TypeError(`answered ${answer.status}`);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const now = new Date();
  held = held === null ? await readBundle(bytes, null, now) : await updateBundle(held, bytes, now);
  refusedFor = held.refused[0] ?? null;
  const stored = new Response(await writeHeld(held), { headers: { "Content-Type": "application/json" } });
  await (await caches.open(CACHE)).put(BUNDLE, stored);
}
