// Photos of telephones are often larger than what may be sent. They are made smaller here, before they leave the device;
// without this module, or where it fails, the file goes as it is and the answer says what to do.

const MAX_BYTES = 4_500_000;
const MAX_SIDE_PIXELS = 4000;
const QUALITY = 0.85;
const SENT_AS_THEY_ARE = ["image/jpeg", "image/png"];

const input = /** @type {HTMLInputElement} */ (document.getElementById("file"));
const form = /** @type {HTMLFormElement} */ (input.form);

/** @param {File} file */
async function smaller(file) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, MAX_SIDE_PIXELS / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  /** @type {Blob | null} */
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  if (blob === null) throw new Error("the picture could not be written");
  return new File([blob], "photo.jpg", { type: "image/jpeg" });
}

/** @param {File | undefined} file @returns {file is File} */
function mustShrink(file) {
  if (file === undefined || !file.type.startsWith("image/")) return false;
  return file.size > MAX_BYTES || !SENT_AS_THEY_ARE.includes(file.type);
}

form.addEventListener("submit", async (event) => {
  const file = input.files?.[0];
  if (!mustShrink(file)) return;
  event.preventDefault();
  try {
    const chosen = new DataTransfer();
    chosen.items.add(await smaller(file));
    input.files = chosen.files;
  } catch {
    // A picture that this browser cannot read: the service says so in its own words.
  }
  // Unlike requestSubmit it raises no second event.
  form.submit();
});
