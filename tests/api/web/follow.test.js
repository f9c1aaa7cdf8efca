// A page that waits: it looks ever more seldom, then no more, and at once when somebody comes back to it.

import assert from "node:assert/strict";
import { mock, test } from "node:test";

const asked = [];
const page = new EventTarget();
const live = { dataset: { etag: '"1"' }, contains: () => false };
Object.assign(page, { visibilityState: "visible", activeElement: null, getElementById: () => live });
Object.assign(globalThis, { document: page, HTMLElement: class {}, window: globalThis, location: { pathname: "/a" } });
globalThis.fetch = async (path) => {
  asked.push(path);
  return { status: 304 };
};
mock.timers.enable({ apis: ["setTimeout"] });

/** As many seconds, each with time for an answer; how often was asked meanwhile. */
async function pass(seconds) {
  const before = asked.length;
  for (let second = 0; second < seconds; second += 1) {
    mock.timers.tick(1000);
    await new Promise(setImmediate);
  }
  return asked.length - before;
}

async function turn(state) {
  page.visibilityState = state;
  page.dispatchEvent(new Event("visibilitychange"));
  await new Promise(setImmediate);
}

test("who comes back sees at once what has changed, and the waiting begins anew", async () => {
  await import("../../../api/web/static/citizen/follow.js");
  assert.equal(await pass(5), 1);
  assert.ok((await pass(20 * 60)) > 10);
  assert.equal(await pass(60 * 60), 0, "a page left open asks no more");

  await turn("hidden");
  assert.equal(await pass(60), 0);
  const before = asked.length;
  await turn("visible");
  assert.equal(asked.length, before + 1);
  assert.equal(await pass(5), 1);

  for (let times = 0; times < 5; times += 1) {
    await turn("hidden");
    await turn("visible");
  }
  assert.equal(await pass(5), 1, "there is one wait, however often somebody comes and goes");
});
