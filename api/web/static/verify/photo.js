// Photos: codes are looked for on the device, so that it works without a network.

import { onCanvas } from "../smaller.js";
import { openDecoder, openThorough } from "./decoder.js";

/** In the order in which they are tried: what is too fine for one is fine enough for the next. */
const SIDES = [1800, 3200, 1000];

/**
 * Whether a file begins like one.
 *
 * @param {File} file
 * @throws {DOMException} where it has gone since it was chosen, or changed
 */
export async function isPdf(file) {
  // Not by a slice: of a file that has gone, Chromium says that it is empty.
  const reader = file.stream().getReader();
  const { value } = await reader.read();
  void reader.cancel();
  return new TextDecoder().decode(value?.subarray(0, 5)) === "%PDF-";
}

/**
 * What the codes in a photo say.
 *
 * @param {File} file
 * @param {(text: string) => boolean} isWanted looks on until there is such a one
 * @param {AbortSignal} unwanted
 * @returns {Promise<string[]>} the wanted ones, each once; none also where this browser can't open the photo
 */
export async function codesIn(file, isWanted, unwanted) {
  let picture;
  try {
    picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return [];
  }
  try {
    for (const side of SIDES) {
      if (unwanted.aborted) return [];
      const pixels = drawn(picture, side);
      const found = new Set((await readBy(openDecoder, pixels)).filter(isWanted));
      if (found.size === 0) for (const text of await readBy(openThorough, drawn(picture, side))) found.add(text);
      const wanted = [...found].filter(isWanted);
      if (wanted.length > 0) return wanted;
    }
    return [];
  } finally {
    picture.close();
  }
}

/** @param {() => Promise<import("./decoder.js").Decoder>} open @param {ImageData} pixels @returns {Promise<string[]>} */
async function readBy(open, pixels) {
  try {
    return await (await open()).read(pixels);
  } catch {
    // No reader here: the service has one.
    return [];
  }
}

/** @param {ImageBitmap} picture @param {number} side @returns {ImageData} */
function drawn(picture, side) {
  const canvas = onCanvas(picture, side);
  const paper = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  return paper.getImageData(0, 0, canvas.width, canvas.height);
}
