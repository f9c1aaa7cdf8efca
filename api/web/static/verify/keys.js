// Public keys as JSON Web Keys (RFC 7517; RFC 7518 section 6, RFC 8037), one text for each, and what they have signed.
// The key decides which algorithm is right, never the signed data.

import { fromBase64url } from "./base64url.js";
import { toHex } from "./cose.js";
import { hasExactly, isObject } from "./json.js";
import { Refused } from "./refused.js";

/** @typedef {import("./cbor.js").Bytes} Bytes */
/** @typedef {"ES256" | "RS256" | "EdDSA"} Algorithm */

/**
 * @typedef {object} PublicKey
 * @property {Algorithm} algorithm
 * @property {Readonly<JsonWebKey>} jwk
 * @property {string} text the same for the same key, and for no other
 */

const MIN_RSA_BITS = 2048;
const MAX_RSA_BITS = 4096;
const COORDINATE_BYTES = 32;
// P-256 (SEC 2 section 2.4.2): y² = x³ − 3x + b modulo p.
const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

/** @type {WeakMap<PublicKey, Promise<CryptoKey>>} */
const imported = new WeakMap();

/**
 * Read what `encode_jwk` in verification/formats/jwk.py writes, and nothing else.
 *
 * @param {import("./json.js").Json | undefined} found
 * @returns {PublicKey}
 * @throws {Refused}
 */
export function decodeJwk(found) {
  if (!isObject(found)) throw malformed();
  if (hasExactly(found, ["kty", "crv", "alg", "x", "y"]) && is(found, "EC", "P-256", "ES256")) {
    const { x, y } = found;
    if (!isOnCurve(number(x, COORDINATE_BYTES), number(y, COORDINATE_BYTES))) throw malformed();
    return key("ES256", { kty: "EC", crv: "P-256", x: String(x), y: String(y) });
  }
  if (hasExactly(found, ["kty", "crv", "alg", "x"]) && is(found, "OKP", "Ed25519", "EdDSA")) {
    number(found.x, COORDINATE_BYTES);
    return key("EdDSA", { kty: "OKP", crv: "Ed25519", x: String(found.x) });
  }
  if (hasExactly(found, ["kty", "alg", "n", "e"]) && is(found, "RSA", undefined, "RS256")) {
    const modulus = number(found.n);
    const exponent = number(found.e);
    const bits = modulus.toString(2).length;
    if (bits < MIN_RSA_BITS || bits > MAX_RSA_BITS) throw malformed();
    if (exponent < 3n || exponent >= modulus || exponent % 2n === 0n) throw malformed();
    return key("RS256", { kty: "RSA", n: String(found.n), e: String(found.e) });
  }
  throw malformed();
}

/**
 * Whether `signature` (ES256: r and s, 32 bytes each; RS256: PKCS#1 v1.5; EdDSA: Ed25519) covers `data`.
 *
 * @param {PublicKey} publicKey
 * @param {string} algorithm the one that the signed data names: another than the key's own is no signature of it
 * @param {Bytes} signature
 * @param {Bytes} data
 * @returns {Promise<boolean>}
 * @throws {Refused} `algorithm_not_supported` where this browser can't tell.
 */
export async function isSignedBy(publicKey, algorithm, signature, data) {
  if (algorithm !== publicKey.algorithm) return false;
  const ready = await importKey(publicKey);
  const named = publicKey.algorithm === "ES256" ? { name: "ECDSA", hash: "SHA-256" } : ready.algorithm;
  return crypto.subtle.verify(named, ready, signature, data);
}

/**
 * What a verifier pins: SHA-256 of the key's SubjectPublicKeyInfo in DER (RFC 5280 section 4.1), in hexadecimal.
 *
 * @param {PublicKey} publicKey
 * @returns {Promise<string>}
 */
export async function anchorOf(publicKey) {
  const der = await crypto.subtle.exportKey("spki", await importKey(publicKey));
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", der)));
}

/** @param {PublicKey} publicKey @returns {Promise<CryptoKey>} */
function importKey(publicKey) {
  let ready = imported.get(publicKey);
  if (ready === undefined) {
    ready = importAnew(publicKey);
    imported.set(publicKey, ready);
  }
  return ready;
}

/** @param {PublicKey} publicKey @returns {Promise<CryptoKey>} */
async function importAnew({ algorithm, jwk }) {
  const parameters = {
    ES256: { name: "ECDSA", namedCurve: "P-256" },
    RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
    EdDSA: { name: "Ed25519" },
  }[algorithm];
  // Browsers give it to secure contexts only.
  if (globalThis.crypto?.subtle === undefined) throw new Refused("algorithm_not_supported");
  try {
    return await crypto.subtle.importKey("jwk", jwk, parameters, true, ["verify"]);
  } catch {
    // Its form is right, so it is the browser that has not learned this kind yet: that accuses nobody.
    throw new Refused("algorithm_not_supported");
  }
}

/** @param {Algorithm} algorithm @param {JsonWebKey} jwk @returns {PublicKey} */
function key(algorithm, jwk) {
  return Object.freeze({ algorithm, jwk: Object.freeze(jwk), text: JSON.stringify(jwk) });
}

/** @param {import("./json.js").JsonObject} found @param {string} kty @param {string | undefined} crv @param {string} alg */
function is(found, kty, crv, alg) {
  return found.kty === kty && found.crv === crv && found.alg === alg;
}

/**
 * The number that is written here: in so many bytes, or if none are given, without a zero at its beginning.
 *
 * @param {import("./json.js").Json | undefined} text
 * @param {number} [length]
 * @returns {bigint}
 */
function number(text, length) {
  if (typeof text !== "string" || text.length > MAX_RSA_BITS) throw malformed();
  const bytes = fromBase64url(text);
  if (length === undefined ? bytes.length === 0 || bytes[0] === 0 : bytes.length !== length) throw malformed();
  return BigInt(`0x${toHex(bytes)}`);
}

/** @param {bigint} x @param {bigint} y */
function isOnCurve(x, y) {
  return x < P && y < P && (y * y - x * x * x + 3n * x - B) % P === 0n;
}

function malformed() {
  return new Refused("jwk_malformed");
}
