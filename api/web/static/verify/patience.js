// With half a network a question stays open for ever: whoever asks says how long he waits.

/**
 * Ends a question after so long, or as soon as nobody wants its answer any more.
 *
 * @param {number} wait in milliseconds
 * @param {AbortSignal} [unwanted]
 * @returns {AbortSignal}
 */
export function patience(wait, unwanted) {
  const ending = new AbortController();
  const end = () => ending.abort();
  if (unwanted?.aborted) end();
  unwanted?.addEventListener("abort", end);
  // Browsers of before 2023 have no such thing.
  if ("timeout" in AbortSignal) AbortSignal.timeout(wait).addEventListener("abort", end);
  else setTimeout(end, wait);
  return ending.signal;
}
