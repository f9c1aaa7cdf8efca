// The signed lists on this device: kept between visits, verified whenever they are read, renewed when there is a network.
// They are the same for everybody and say nothing of whoever was checked here.

import { patience } from "./patience.js";
import { BundleRefused, readBundle, readHeld, updateBundle, writeHeld } from "./verify_qr.js";

/** @typedef {import("./bundle.js").Held} Held */

const CACHE = "condau-lists";
const BUNDLE = "/.well-known/condau-bundle";
const LEAST_WAIT = 30_000;
const LONGEST_WAIT = 3_600_000;
/** So long a download may take before the service counts as out of reach. */
const PATIENCE = 60_000;

/** Whether this browser can verify and keep anything: not without a secure context. */
export const CAN_VERIFY = globalThis.isSecureContext && "caches" in globalThis && crypto.subtle !== undefined;

/** @type {Held | null} */
let held = null;
/** @type {Promise<boolean> | null} */
let reading = null;
/** @type {Promise<void> | null} */
let renewing = null;
/** Why the last download was not taken; what was held stays. @type {string | null} */
let refusedFor = null;
/** What this or another page of ours has stored, as far as this one has read it. */
let storedText = "";
/** Whether the browser has refused to keep what is held. */
let isLostAtClosing = false;

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

/** Whether the lists are gone when the page is closed: some browsers let pages store nothing. */
export function areLostAtClosing() {
  return isLostAtClosing;
}

/**
 * Fetch the lists and keep them, where they may follow those held; those stay where the service is out of reach.
 * Several callers share one download.
 */
export async function renewLists() {
  if (!CAN_VERIFY) return;
  await heldLists();
  renewing ??= renew().finally(() => {
    renewing = null;
  });
  try {
    await renewing;
  } catch (error) {
    if (error instanceof BundleRefused) refusedFor = error.code;
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
  held = null;
  refusedFor = null;
  storedText = "";
  await caches.delete(CACHE).catch(() => false);
}

/** Read what is stored, unless this page knows it. @returns {Promise<boolean>} whether it was news, and is held now */
async function read() {
  if (!CAN_VERIFY) return false;
  try {
    const text = await (await (await caches.open(CACHE)).match(BUNDLE))?.text();
    if (text === undefined || text === storedText) return false;
    storedText = text;
    held = await readHeld(text);
    refusedFor = null;
    return true;
  } catch (error) {
    // Damaged on this device: as if nothing had been kept. The next download begins anew.
    if (error instanceof BundleRefused) refusedFor = error.code;
    return false;
  }
}

async function renew() {
  await read();
  const answer = await fetch(BUNDLE, { cache: "no-cache", credentials: "omit", signal: patience(PATIENCE) });
  if (!answer.ok) throw new TypeError(`answered ${answer.status}`);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  await alone(async () => {
    // Another page of ours was quicker. What it has stored can be newer than what came here, and must not be undone.
    if (await read()) return;
    const now = new Date();
    held = held === null ? await readBundle(bytes, null, now) : await updateBundle(held, bytes, now);
    refusedFor = held.refused[0] ?? null;
    await store(await writeHeld(held));
  });
}

/** @param {string} text */
async function store(text) {
  try {
    const stored = new Response(text, { headers: { "Content-Type": "application/json" } });
    await (await caches.open(CACHE)).put(BUNDLE, stored);
    storedText = text;
    isLostAtClosing = false;
  } catch {
    isLostAtClosing = true;
  }
}

/** While no other page of ours does it. @param {() => Promise<void>} work @returns {Promise<void>} */
async function alone(work) {
  // Browsers of before 2022 have no such thing.
  if (!("locks" in navigator)) return work();
  let hasBegun = false;
  try {
    return await navigator.locks.request(CACHE, () => {
      hasBegun = true;
      return work();
    });
  } catch (error) {
    if (hasBegun) throw error;
    // Refused together with all storage: there is nothing that another page could have stored.
    return work();
  }
}
