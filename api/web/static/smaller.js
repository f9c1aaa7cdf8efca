// Telephones take larger pictures than the service accepts: they are made smaller before they leave the device.

const MAX_BYTES = 4_500_000;
/** In the order in which they are tried: of the longer side, in pixels. */
const SIDES = [4000, 2800, 2000];
const QUALITY = 0.85;

/**
 * Whether a file is a picture that is larger than what the service takes, or of a kind that it does not.
 *
 * @param {File} file
 */
export function isToShrink(file) {
  const isTaken = ["image/jpeg", "image/png"].includes(file.type);
  return file.type.startsWith("image/") && (!isTaken || file.size > MAX_BYTES);
}

/**
 * The file, or where it is larger than what the service takes, a smaller picture of the same.
 *
 * @param {File} file
 * @returns {Promise<Blob>}
 */
export async function smallEnough(file) {
  if (!isToShrink(file)) return file;
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    try {
      /** @type {Blob | null} */
      let blob = null;
      for (const side of SIDES) {
        const canvas = onCanvas(picture, side);
        blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
        if (blob !== null && blob.size <= MAX_BYTES) break;
      }
      return blob ?? file;
    } finally {
      picture.close();
    }
  } catch {
    // A picture that this browser cannot open: the service says so in its own words.
    return file;
  }
}

/** @param {ImageBitmap} picture @param {number} side the longer one at most, in pixels */
export function onCanvas(picture, side) {
  const scale = Math.min(1, side / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}
