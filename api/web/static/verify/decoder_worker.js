// Reads QR codes out of pictures, apart from the page, which stays quick meanwhile.

const READER = "/static/vendor/zxing/reader/index.js";
const OPTIONS = { formats: ["QRCode"], tryHarder: true, tryInvert: false, maxNumberOfSymbols: 8 };

/** @type {{ reader: Promise<any> | null }} */
const loaded = { reader: null };

async function load() {
  const reader = await import(READER);
  // Its own default is an address on another host.
  await reader.prepareZXingModule({
    overrides: { locateFile: (/** @type {string} */ name) => `/static/vendor/zxing/${name}` },
    fireImmediately: true,
  });
  return reader;
}

self.addEventListener("message", async (/** @type {any} */ event) => {
  const { id, width, height, pixels } = event.data;
  try {
    loaded.reader ??= load();
    const reader = await loaded.reader;
    if (id === 0) {
      self.postMessage({ id, texts: [] });
      return;
    }
    const picture = { width, height, data: new Uint8ClampedArray(pixels), colorSpace: "srgb" };
    /** @type {{ isValid: boolean, text: string }[]} */
    const found = await reader.readBarcodes(picture, OPTIONS);
    self.postMessage({ id, texts: found.filter((one) => one.isValid).map((one) => one.text) });
  } catch {
    loaded.reader = null;
    self.postMessage({ id, texts: null });
  }
});
