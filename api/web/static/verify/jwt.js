// A compact JWS (RFC 7515) as this house writes it: a header of exactly alg, kid and typ, a JSON object as payload.

import { fromBase64url } from "./base64url.js";
import { hasExactly, readObject } from "./json.js";
import { Refused } from "./refused.js";

/**
 * Taken apart; the payload is not parsed before the signature is verified.
 *
 * @typedef {object} Jws
 * @property {string} unverifiedKeyId
 * @property {import("./keys.js").Algorithm} algorithm
 * @property {import("./cbor.js").Bytes} signingInput
 * @property {import("./cbor.js").Bytes} payload
 * @property {import("./cbor.js").Bytes} signature
 */

const MAX_JWS_CHARS = 4_000_000;

/**
 * @param {string} text
 * @param {string} typ
 * @returns {Jws}
 * @throws {Refused} too long, not three parts, another typ, other header members (so no jwk, jku, x5u or crit can steer
 *   the reader), or another algorithm than ES256, RS256 and EdDSA.
 */
export function readJws(text, typ) {
  const parts = text.length > MAX_JWS_CHARS || !/^[\0-\x7f]*$/.test(text) ? [] : text.split(".");
  const [head, body, signature] = parts;
  if (parts.length !== 3 || head === undefined || body === undefined || signature === undefined) {
    throw new Refused("jws_malformed");
  }
  const header = readObject(fromBase64url(head));
  const { alg, kid } = header;
  const isKnown = alg === "ES256" || alg === "RS256" || alg === "EdDSA";
  if (!hasExactly(header, ["alg", "kid", "typ"]) || !isKnown || typeof kid !== "string" || header.typ !== typ) {
    throw new Refused("jws_header_unexpected");
  }
  return {
    unverifiedKeyId: kid,
    algorithm: alg,
    signingInput: new TextEncoder().encode(`${head}.${body}`),
    payload: fromBase64url(body),
    signature: fromBase64url(signature),
  };
}
