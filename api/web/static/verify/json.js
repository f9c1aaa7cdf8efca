// JSON as strictly as Python's side reads it: no member twice, no bytes that are not UTF-8, and 1.0 is no integer.
// JSON.parse lets all of these pass, so a token could say one thing here and another there.

import { Refused } from "./refused.js";

/** @typedef {{ [name: string]: Json }} JsonObject Without a prototype. */
/** @typedef {null | boolean | number | string | Json[] | JsonObject} Json A number that is no integer is NaN. */

const MAX_DEPTH = 32;
const NUMBER = /(-?(?:0|[1-9][0-9]*))(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const SPACE = /[ \t\n\r]*/y;
/** @type {Readonly<Record<string, string>>} */
const ESCAPES = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
/** @type {ReadonlyArray<[string, Json]>} */
const WORDS = [["true", true], ["false", false], ["null", null]]; // prettier-ignore

/**
 * One JSON object in UTF-8 in which no member stands twice.
 *
 * @param {Uint8Array<ArrayBuffer>} data
 * @returns {JsonObject}
 * @throws {Refused} jws_malformed
 */
export function readObject(data) {
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    throw malformed();
  }
  const reader = new Reader(text);
  const value = reader.whole();
  if (!isObject(value)) throw malformed();
  return value;
}

/** @param {Json | undefined} value @returns {value is JsonObject} */
export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether the object has exactly these members. @param {JsonObject} found @param {readonly string[]} names */
export function hasExactly(found, names) {
  return Object.keys(found).length === names.length && names.every((name) => name in found);
}

class Reader {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  whole() {
    const value = this.value(0);
    if (this.at !== this.text.length) throw malformed();
    return value;
  }

  /** What the expression matches here; the place moves behind it. @param {RegExp} expression */
  match(expression) {
    expression.lastIndex = this.at;
    const found = expression.exec(this.text);
    if (found === null) throw malformed();
    this.at = expression.lastIndex;
    return found;
  }

  /** @param {string} sign @returns {boolean} */
  takes(sign) {
    if (!this.text.startsWith(sign, this.at)) return false;
    this.at += sign.length;
    return true;
  }

  /** @param {string} sign */
  demand(sign) {
    if (!this.takes(sign)) throw malformed();
  }

  /** A value and the space around it. @param {number} depth @returns {Json} */
  value(depth) {
    if (depth > MAX_DEPTH) throw malformed();
    this.match(SPACE);
    const value = this.bare(depth);
    this.match(SPACE);
    return value;
  }

  /** @param {number} depth @returns {Json} */
  bare(depth) {
    if (this.takes("{")) return this.object(depth);
    if (this.takes("[")) return this.array(depth);
    if (this.takes('"')) return this.string();
    for (const [word, value] of WORDS) {
      if (this.takes(word)) return value;
    }
    const [, integer, fraction, exponent] = this.match(NUMBER);
    // Beyond 2^53 no longer exact, and still beyond every bound; + 0 makes 0 of -0.
    return fraction === undefined && exponent === undefined ? Number(integer) + 0 : Number.NaN;
  }

  /** @param {number} depth @returns {JsonObject} */
  object(depth) {
    /** @type {JsonObject} */
    const members = Object.create(null);
    this.match(SPACE);
    if (this.takes("}")) return members;
    do {
      this.match(SPACE);
      this.demand('"');
      const name = this.string();
      if (name in members) throw malformed();
      this.match(SPACE);
      this.demand(":");
      members[name] = this.value(depth + 1);
    } while (this.takes(","));
    this.demand("}");
    return members;
  }

  /** @param {number} depth @returns {Json[]} */
  array(depth) {
    /** @type {Json[]} */
    const items = [];
    this.match(SPACE);
    if (this.takes("]")) return items;
    do items.push(this.value(depth + 1));
    while (this.takes(","));
    this.demand("]");
    return items;
  }

  /** Behind its first quotation mark. @returns {string} */
  string() {
    let string = this.match(PLAIN)[0];
    while (!this.takes('"')) {
      this.demand("\\");
      string += this.escape() + this.match(PLAIN)[0];
    }
    return string;
  }

  /** @returns {string} */
  escape() {
    if (this.takes("u")) {
      const [digits] = this.match(/[0-9a-fA-F]{4}/y);
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const letter = ESCAPES[this.text.charAt(this.at)];
    if (letter === undefined) throw malformed();
    this.at += 1;
    return letter;
  }
}

function malformed() {
  return new Refused("jws_malformed");
}
