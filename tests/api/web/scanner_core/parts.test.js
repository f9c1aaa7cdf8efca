// What can be said of the parts by themselves, and of browsers that lack something.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mock, test } from "node:test";

import { fromBase64url, isBase64, toBase64url } from "../../../../api/web/static/verify/base64url.js";
import { decode } from "../../../../api/web/static/verify/cbor.js";
import { fromDigits } from "../../../../api/web/static/verify/digits.js";
import { readObject } from "../../../../api/web/static/verify/json.js";
import { Refused } from "../../../../api/web/static/verify/refused.js";
import { decodeTrustList } from "../../../../api/web/static/verify/trust_list.js";
import { BundleRefused, ageOf, readBundle, readHeld, verifyQr } from "../../../../api/web/static/verify/verify_qr.js";

const bytes = (...values) => Uint8Array.from(values);
const utf8 = (text) => new TextEncoder().encode(text);
const published = (name) => JSON.parse(readFileSync(new URL(`../../../vectors/qr/${name}.json`, import.meta.url), "utf8"));

/** As the service writes them into a code. */
function toDigits(data) {
  const groups = Array.from({ length: Math.ceil(data.length / 7) }, (_, place) => data.slice(7 * place, 7 * place + 7));
  const written = (group) => group.reduce((sum, byte) => 256n * sum + BigInt(byte), 0n).toString();
  return groups.map((group) => written(group).padStart([0, 3, 5, 8, 10, 13, 15, 17][group.length], "0")).join("");
}

test("digits stand for bytes, one text for each", () => {
  for (let length = 0; length < 40; length += 1) {
    const data = crypto.getRandomValues(new Uint8Array(length));
    if (length > 0) assert.deepEqual(fromDigits(toDigits(data)), data);
    assert.deepEqual(fromBase64url(toBase64url(data)), data);
  }
  assert.deepEqual(fromDigits("72057594037927935001"), bytes(255, 255, 255, 255, 255, 255, 255, 1));
  for (const text of ["72057594037927936", "256", "1", "12", "1234567", "", "12a"]) {
    assert.throws(() => fromDigits(text), { code: "qr_digits_malformed" }, text);
  }
});

test("base64 has one text for each byte string", () => {
  for (const text of ["A", "AB", "AAB", "A-=", "A+", "A/", " AA", "AA\n", "é"]) {
    assert.throws(() => fromBase64url(text), Refused, text);
  }
  assert.deepEqual([isBase64("AA=="), isBase64("AB=="), isBase64("AA"), isBase64("A_=="), isBase64("")], [true, false, false, false, false]);
});

test("a head that promises more than there is costs nothing", () => {
  for (const major of [0x5b, 0x7b, 0x9b, 0xbb]) {
    assert.throws(() => decode(bytes(major, 255, 255, 255, 255, 255, 255, 255, 255, 0)), { code: /cbor_(truncated|keys_not_sorted)/ });
  }
  assert.deepEqual(decode(bytes(0x1b, 255, 255, 255, 255, 255, 255, 255, 255)), 2n ** 64n - 1n);
  assert.deepEqual(decode(bytes(0x3b, 255, 255, 255, 255, 255, 255, 255, 255)), -(2n ** 64n));
});

test("JSON says one thing only", () => {
  for (const text of ['{"a":1,"a":2}', '{"a":01}', '{"a":NaN}', '{"a":1}}', '{"a":"\u0001"}', '{"a":1,}', "[]", "1", "\ufeff{}", ""]) {
    assert.throws(() => readObject(utf8(text)), Refused, text);
  }
  assert.throws(() => readObject(utf8(`{"a":${"[".repeat(100_000)}`)), Refused);
  const read = readObject(utf8('{"__proto__": [1, -0, 1.0, "\\u00e9\\n\\/"], "constructor": null}'));
  assert.equal(Object.getPrototypeOf(read), null);
  assert.deepEqual(read["__proto__"], [1, 0, Number.NaN, "é\n/"]);
  assert.equal("toString" in read, false);
});

test("lists grow old before they are over", () => {
  const at = (hours) => new Date(hours * 3_600_000);
  const age = (hours) => ageOf(at(0).getTime(), at(12).getTime(), at(hours));
  assert.deepEqual([age(0), age(6), age(6.01), age(11.99), age(12)], ["fresh", "fresh", "ageing", "ageing", "over"]);
});

test("a browser without Ed25519 accuses nobody", async () => {
  const { text, at } = published("valid_eddsa");
  const held = { trust: decodeTrustList(published("trust-list")), statusLists: new Map() };
  const real = crypto.subtle.importKey.bind(crypto.subtle);
  mock.method(crypto.subtle, "importKey", (format, jwk, algorithm, ...rest) => {
    if (algorithm.name === "Ed25519") throw new DOMException("Unrecognized name.", "NotSupportedError");
    return real(format, jwk, algorithm, ...rest);
  });
  const verdict = await verifyQr(text, held, new Date(at));
  mock.reset();
  assert.deepEqual([verdict.state, verdict.reason, verdict.facts], ["unreadable", "algorithm_not_supported", null]);
  assert.equal(verdict.issuer.outcome, "passed");
  const again = await verifyQr(text, { ...held, trust: decodeTrustList(published("trust-list")) }, new Date(at));
  assert.equal(again.reason, "status_not_listed");
});

test("what was stored and damaged is refused, and never an empty bundle", async () => {
  for (const stored of ["", "{}", "null", '{"trust_list":"","status_lists":[],"received_at":"x","signed_by":"","pinned":null}']) {
    await assert.rejects(readHeld(stored), BundleRefused, stored);
  }
  await assert.rejects(readBundle(utf8("x"), null, new Date()), { name: "Refused", code: "bundle_malformed" });
  await assert.rejects(readBundle(new Uint8Array(64_000_001), null, new Date()), { code: "bundle_too_large" });
});
