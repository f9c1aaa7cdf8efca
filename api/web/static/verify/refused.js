/** What was given can't be used. `code` says why: stable snake_case, the same as in Python, safe to show. */
export class Refused extends Error {
  /** @param {string} code */
  constructor(code) {
    super(code);
    this.name = "Refused";
    this.code = code;
  }
}
