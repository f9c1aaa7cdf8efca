// Serves the scanner where no network is: the page in both languages and all that it loads, as one release. The lists
// are the page's own; nothing else of what goes over the network is touched, let alone kept.

/** @typedef {{ version: string, addresses: string[] }} Release */

const scope = /** @type {any} */ (self);
/** Written in front of this file by the service. @type {Release} */
const RELEASE = scope.RELEASE;
const KIND = "condau-scanner-";
const CACHE = KIND + RELEASE.version;
const LANGUAGE_CACHE = "condau-language";
/** @type {Record<string, string>} */
const PAGES = { vi: "/v?lang=vi", en: "/v?lang=en" };
const MANIFESTS = ["/v/manifest.webmanifest?lang=vi", "/v/manifest.webmanifest?lang=en"];

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
  } else if (RELEASE.addresses.includes(address.pathname) || MANIFESTS.includes(address.pathname + address.search)) {
    event.respondWith(kept(address.pathname + address.search, request));
  }
});

/** All or nothing, so that no release is a mixture. Without cookies: it is nobody's page. */
async function keep() {
  const cache = await caches.open(CACHE);
  const addresses = [...Object.values(PAGES), ...MANIFESTS, ...RELEASE.addresses];
  await cache.addAll(addresses.map((address) => new Request(address, { cache: "no-cache", credentials: "omit" })));
}

async function begin() {
  const names = (await caches.keys()).filter((name) => name.startsWith(KIND) && name !== CACHE);
  await Promise.all(names.map((name) => caches.delete(name)));
  // The page of the first visit, which nobody has served from here, works without a network from now on as well.
  await scope.clients.claim();
}

/** @param {Request} request @param {string | null} asked */
async function page(request, asked) {
  const language = PAGES[asked ?? ""] ? asked : await languageKept();
  return kept(/** @type {string} */ (PAGES[language ?? "vi"]), request);
}

async function languageKept() {
  const cache = await caches.open(LANGUAGE_CACHE);
  const text = await (await cache.match("/v/language"))?.text();
  if (text !== undefined && PAGES[text]) return text;
  return scope.navigator.language?.startsWith("en") ? "en" : "vi";
}

/** @param {string} address @param {Request} request */
async function kept(address, request) {
  const cache = await caches.open(CACHE);
  // The pages vary by language, which their address says here.
  return (await cache.match(address, { ignoreVary: true })) ?? fetch(request);
}
