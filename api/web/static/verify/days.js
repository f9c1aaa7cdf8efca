// Days and instants. A date on a document means the civil day in Vietnam (UTC+7, without summer time).
//
// A day is text, `2026-11-20`, so that later days compare as greater; an instant is in milliseconds since 1970.

/** @typedef {string} Day */
/** @typedef {number} Instant */

export const DAY = 86_400_000;
/** Clocks differ; what is from further ahead than this was made with a wrong clock, or is read with one. */
export const MAX_CLOCK_SKEW = 5 * 60_000;

const VIETNAM = 7 * 3_600_000;
// The years of Python's calendar, 1 to 9999, so that both refuse the same.
const FIRST = Date.parse("0001-01-01T00:00:00Z");
const LAST = Date.parse("9999-12-31T23:59:59Z");

/**
 * The instant of a NumericDate, or null where the calendar has none.
 *
 * @param {number | bigint} seconds since 1970
 * @returns {Instant | null}
 */
export function instantOf(seconds) {
  const instant = Number(seconds) * 1000;
  return instant >= FIRST && instant <= LAST ? instant : null;
}

/** The day on which an instant falls. @param {Instant} instant @returns {Day} */
export function dayOf(instant) {
  return new Date(instant + VIETNAM).toISOString().slice(0, 10);
}

/** The midnight at which a day begins. @param {Day} day @returns {Instant} */
export function firstInstant(day) {
  return Date.parse(`${day}T00:00:00Z`) - VIETNAM;
}

/**
 * The day that begins at this very instant, or null where none does.
 *
 * @param {number | bigint} seconds since 1970
 * @returns {Day | null}
 */
export function dayBeginningAt(seconds) {
  const instant = instantOf(seconds);
  if (instant === null || instant + VIETNAM > LAST || (instant + VIETNAM) % DAY !== 0) return null;
  return dayOf(instant);
}

/** @param {Day} day @returns {Day} */
export function dayBefore(day) {
  return new Date(Date.parse(`${day}T00:00:00Z`) - DAY).toISOString().slice(0, 10);
}

/**
 * The date so many days after 1970-01-01, or null where the calendar has none.
 *
 * @param {number | bigint} days
 * @returns {Day | null}
 */
export function dateAfterEpoch(days) {
  const instant = Number(days) * DAY;
  return instant >= FIRST && instant <= LAST ? new Date(instant).toISOString().slice(0, 10) : null;
}

/** As Python writes an instant: `2026-11-20T03:00:00+00:00`. @param {Instant} instant @returns {string} */
export function isoText(instant) {
  return new Date(instant).toISOString().replace(".000Z", "Z").replace("Z", "+00:00");
}
