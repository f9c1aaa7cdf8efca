// The published examples (tests/vectors/qr), which any reader of our codes has to judge like this.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { verifyQr } from "../../../../api/web/static/verify/verify_qr.js";
import { decodeTrustList } from "../../../../api/web/static/verify/trust_list.js";

const FOLDER = new URL("../../../vectors/qr/", import.meta.url);
const TRUST_LIST = "trust-list.json";
const DAY = 86_400_000;
const HOUR = 3_600_000;
// Entries 3 and 4 of list 1 are those of an older list, and of one from the future.
const DATED = { status_stale: -DAY, status_from_the_future: DAY };

const read = (name) => JSON.parse(readFileSync(new URL(name, FOLDER), "utf8"));
const trust = decodeTrustList(read(TRUST_LIST));
const files = readdirSync(FOLDER).filter((name) => name.endsWith(".json") && name !== TRUST_LIST);

test("there are examples", () => assert.ok(files.length > 30));

for (const file of files) {
  test(file, async () => {
    const { text, at, state, reason, facts } = read(file);
    const verdict = await verifyQr(text, bundle(DATED[reason] ?? 0), new Date(at));
    assert.deepEqual([verdict.state, verdict.reason, verdict.facts], [state, reason, facts]);
  });
}

function bundle(after) {
  const issuedAt = trust.asOf + after;
  const packed = new Uint8Array(2048);
  packed[0] = 0b00_10_01_00; // entry 1 is revoked, 2 suspended
  const list = { number: 1, issuedAt, freshUntil: issuedAt + HOUR, refreshAfter: issuedAt, bits: 2, packed };
  return { trust, statusLists: new Map([[1, { token: "", list }]]) };
}
