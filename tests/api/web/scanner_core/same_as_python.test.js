// Every question of the file that CONDAU_QUESTIONS names, answered here as Python answered it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { readBundle, readHeld, updateBundle, verifyQr, writeHeld } from "../../../../api/web/static/verify/verify_qr.js";

const file = process.env.CONDAU_QUESTIONS;
const questions = file === undefined ? null : JSON.parse(readFileSync(file, "utf8"));
const skip = questions === null && "tests/api/web/test_scanner_core.py writes the questions";
const MAX_SHOWN = 10;

test("codes have the same verdict", { skip }, async () => {
  const downloads = questions.downloads.map((text) => new TextEncoder().encode(text));
  const bundles = await Promise.all(downloads.map((bytes) => readBundle(bytes, null, new Date(questions.at))));
  const differing = [];
  for (const { world, text, at, verdict } of questions.codes) {
    const { checked_at, ...found } = await verifyQr(text, bundles[world], new Date(at));
    if (!isSame(found, verdict)) differing.push({ world, text, at, found, verdict });
  }
  assert.deepEqual(differing.slice(0, MAX_SHOWN), [], `${differing.length} of ${questions.codes.length} differ`);
});

test("bundles are taken and refused alike", { skip }, async () => {
  const differing = [];
  for (const { name, pinned, steps } of questions.bundles) {
    let held = null;
    for (const [index, { bytes, at, answer }] of steps.entries()) {
      const { stored, ...expected } = answer;
      const content = Uint8Array.from(Buffer.from(bytes, "base64"));
      let found;
      try {
        held = held === null ? await readBundle(content, pinned, new Date(at)) : await updateBundle(held, content, new Date(at));
        found = summary(held);
        if (stored !== undefined) await isKeptAsPythonDoes(held, stored, name);
      } catch (error) {
        if (error instanceof assert.AssertionError || typeof error.code !== "string") throw error;
        found = { code: error.code };
      }
      if (!isSame(leveled(found), leveled(expected))) differing.push({ name, index, found, expected });
    }
  }
  assert.deepEqual(differing.slice(0, MAX_SHOWN), [], `${differing.length} of ${questions.bundles.length} differ`);
});

async function isKeptAsPythonDoes(held, stored, name) {
  const kept = await readHeld(stored);
  assert.deepEqual(summary(kept), { ...summary(held), refused: [] }, name);
  assert.deepEqual(withoutTime(await writeHeld(held)), withoutTime(stored), name);
  assert.deepEqual(await readHeld(await writeHeld(held)), kept, name);
}

function summary({ trust, statusLists, refused }) {
  return {
    refused: [...refused],
    trust: [trust.asOf, trust.freshUntil, trust.sequence, trust.issuer],
    keys: trust.keys.map((key) => [key.keyId, key.purpose, key.issuerName, key.unit]),
    lists: Array.from(statusLists.values(), ({ list }) => [
      list.number,
      list.issuedAt,
      list.freshUntil,
      list.refreshAfter,
      list.bits,
      Buffer.from(list.packed).toString("base64"),
    ]),
  };
}

// What a browser unfolds with doesn't say whether the data is damaged or too short, so the two have one name here.
function leveled(answer) {
  return JSON.parse(JSON.stringify(answer).replaceAll("status_list_size_not_allowed", "status_list_malformed"));
}

function withoutTime(stored) {
  const { received_at, ...rest } = JSON.parse(stored);
  return rest;
}

function isSame(left, right) {
  try {
    assert.deepEqual(left, right);
    return true;
  } catch {
    return false;
  }
}
