// The words that this page came with, in its language: those of verdicts as data, those of the page in a template.

/**
 * Of verdicts, by their codes (api/present/offline_words.py).
 *
 * @typedef {object} Words
 * @property {Record<string, string>} titles
 * @property {Record<string, string>} titles_for
 * @property {Record<string, string>} instructions
 * @property {Record<string, string>} instructions_for
 * @property {Record<string, string>} findings
 * @property {Record<string, string>} outcomes
 * @property {{ titles: Record<string, string>, instructions: Record<string, string>, note: string }} code_in_file
 * @property {Record<string, string>} types
 * @property {Record<string, string>} glosses
 * @property {string[]} months empty where dates are written in figures
 */

/** @returns {Words} */
export function verdictWords() {
  return JSON.parse(found("words").textContent);
}

/**
 * A sentence of the page, with values for the names in its braces.
 *
 * @param {string} name
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function message(name, values = {}) {
  const template = /** @type {HTMLTemplateElement} */ (found("messages"));
  const text = template.content.querySelector(`[data-name="${name}"]`)?.textContent ?? name;
  return text.replace(/\{(\w+)\}/g, (whole, value) => String(values[value] ?? whole));
}

/** The element with this id, which the page's template has. @param {string} id @returns {HTMLElement} */
export function found(id) {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`no element #${id}`);
  return element;
}

/** @param {string} id @returns {HTMLButtonElement} */
export function button(id) {
  return /** @type {HTMLButtonElement} */ (found(id));
}
