// Photos: codes are looked for on the device, so that it works without a network; what goes to the service is made
// smaller first, for telephones take larger pictures than it accepts.

import { openDecoder, openThorough } from "./decoder.js";

const MAX_BYTES = 4_500_000;
const MAX_SIDE = 4000;
const QUALITY = 0.85;
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
 * @returns {Promise<string[]>} the wanted ones, each once; none also where this browser can't open the photo
 */
export async function codesIn(file, isWanted) {
  let picture;
  try {
    picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return [];
  }
  try {
    for (const side of SIDES) {
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

/**
 * The file, or where it is larger than what the service takes, a smaller picture of the same.
 *
 * @param {File} file
 * @returns {Promise<Blob>}
 */
export async function smallEnough(file) {
  const isTaken = ["image/jpeg", "image/png"].includes(file.type);
  if (!file.type.startsWith("image/") || (isTaken && file.size <= MAX_BYTES)) return file;
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const canvas = onCanvas(picture, MAX_SIDE);
    picture.close();
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
    return blob ?? file;
  } catch {
    // A picture that this browser cannot open: the service says so in its own words.
    return file;
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

/** @param {ImageBitmap} picture @param {number} side the longer one at most, in pixels */
function onCanvas(picture, side) {
  const scale = Math.min(1, side / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}
