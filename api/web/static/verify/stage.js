// The page shows one thing at a time: the ways to check, the camera, that it is checking, or a result.

import { momentInWords } from "./present.js";
import { clearResult, showResult } from "./result.js";
import { found } from "./words.js";

/** @typedef {import("./answers.js").Answer} Answer */

const ways = found("ways");
const trouble = found("trouble");
const title = ways.querySelector("h1")?.textContent ?? document.title;

/** @param {"ways" | "checking" | "scanning" | "result"} shown */
export function stage(shown) {
  ways.hidden = shown !== "ways";
  found("checking").hidden = shown !== "checking";
  found("scanning").hidden = shown !== "scanning";
  trouble.hidden = true;
  if (shown === "result") return;
  clearResult();
  document.title = title;
}

/** @param {Answer} answer @param {string[]} months @param {(moment: string) => string} asOf */
export function showAnswer({ view, said, trusted, warning }, months, asOf) {
  if (view === null) {
    showResult("failure", said ? { message: said } : {}, "failure");
  } else {
    const dated = { ...view, fresh: said, trusted, warning };
    for (const name of /** @type {const} */ (["seal", "status", "issuer"])) {
      const moment = view[name].as_of;
      const text = moment === null ? null : asOf(momentInWords(new Date(moment), months));
      dated[name] = Object.assign({}, view[name], { as_of_text: text });
    }
    showResult("verdict", dated, view.state);
    document.title = view.title;
  }
  stage("result");
}

/** Back to the ways, with a sentence on why. @param {string} said */
export function showTrouble(said) {
  stage("ways");
  trouble.replaceChildren(Object.assign(document.createElement("p"), { textContent: said }));
  trouble.hidden = false;
  trouble.focus();
}
