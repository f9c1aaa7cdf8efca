// Serves the scanner where no network is: the page in both languages and all that it loads, as one release. The lists
// are the page's own; nothing else of what goes over the network is touched, let alone kept.

/**
 * files: by their addresses, what each must contain (W3C Subresource Integrity). made: what is made for each request and
 * says of itself which release it is of.
 *
 * @typedef {{ version: string, files: Record<string, string>, made: string[] }} Release
 */

const scope = /** @type {any} */ (self);
/** Written in front of this file by the service. @type {Release} */
const RELEASE = scope.RELEASE;
const KIND = "condau-scanner-";
const CACHE = KIND + RELEASE.version;
const LANGUAGE_CACHE = "condau-language";
const FILES = new Map(Object.entries(RELEASE.files));
const KEPT = new Set([...FILES.keys(), ...RELEASE.made]);
const PAGES = new Map([["vi", "/v?lang=vi"], ["en", "/v?lang=en"]]);

scope.addEventListener("install", (/** @type {any} */ event) => event.waitUntil(keep()));
scope.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(begin()));
scope.addEventListener("message", (/** @type {any} */ event) => {
  if (event.data === "take over") scope.skipWaiting();
});
scope.addEventListener("fetch", (/** @type {any} */ event) => {
  /** @type {Request} */
  const request = event.request;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== scope.location.origin) return;
  if (request.mode === "navigate") {
    if (address.pathname === "/v") event.respondWith(page(request, address.searchParams.get("lang")));
  } else if (KEPT.has(address.pathname + address.search)) {
    event.respondWith(kept(address.pathname + address.search, request));
  }
});

/** All or nothing, so that no release is a mixture, also where the service is renewed meanwhile. */
async function keep() {
  const addresses = [...KEPT];
  const answers = await Promise.all(addresses.map(fetched));
  const cache = await caches.open(CACHE);
  try {
    await Promise.all(addresses.map((address, place) => cache.put(address, /** @type {Response} */ (answers[place]))));
  } catch (error) {
    // What did not fit as a whole only takes room.
    await caches.delete(CACHE);
    throw error;
  }
}

/** Without cookies: it is nobody's page. @param {string} address @returns {Promise<Response>} */
async function fetched(address) {
  const integrity = FILES.get(address);
  const answer = await fetch(address, { cache: "no-cache", credentials: "omit", integrity: integrity ?? "" });
  const isOurs = integrity !== undefined || answer.headers.get("Condau-Release") === RELEASE.version;
  if (!answer.ok || !isOurs) throw new Error(`${address} is of another release`);
  return answer;
}

async function begin() {
  const names = (await caches.keys()).filter((name) => name.startsWith(KIND) && name !== CACHE);
  await Promise.all(names.map((name) => caches.delete(name)));
  // The page of the first visit, which nobody has served from here, works without a network from now on as well.
  await scope.clients.claim();
}

/** @param {Request} request @param {string | null} asked */
async function page(request, asked) {
  return kept(PAGES.get(asked ?? "") ?? (await pageLastRead()), request);
}

/** @returns {Promise<string>} its address */
async function pageLastRead() {
  const cache = await caches.open(LANGUAGE_CACHE);
  const language = (await (await cache.match("/v/language"))?.text()) ?? scope.navigator.language.slice(0, 2);
  return PAGES.get(language) ?? "/v?lang=vi";
}

/** @param {string} address @param {Request} request */
async function kept(address, request) {
  const cache = await caches.open(CACHE);
  // The pages vary by language, which their address says here.
  return (await cache.match(address, { ignoreVary: true })) ?? fetch(request);
}
