// Reads bar codes out of pictures beside the page, with WebAssembly that only this worker may compile. Loaded after a tap on "Camera".
//   in {id, pixels, width, height, formats}   out {id, found: [{text, aim, flat}]} or {id, fault}; flat: one-dimensional
importScripts("/static/vendor/zxing-reader.js");
ZXingWASM.prepareZXingModule({ overrides: { locateFile: () => "/static/vendor/zxing-reader.wasm" } });

const MATRIX = ["QRCode", "DataMatrix", "MicroQRCode", "RMQRCode", "Aztec"];

onmessage = async ({ data: { id, pixels, width, height, formats } }) => {
  try {
    const image = new ImageData(new Uint8ClampedArray(pixels), width, height);
    const read = await ZXingWASM.readBarcodes(image, { formats, textMode: "Plain", tryHarder: true, tryInvert: false, maxNumberOfSymbols: 2 });
    const found = read
      .filter(({ isValid, text }) => isValid && text)
      .map(({ text, symbologyIdentifier, format, symbology }) => ({ text, aim: symbologyIdentifier ?? "", flat: !MATRIX.includes(format) && !MATRIX.includes(symbology) }));
    postMessage({ id, found });
  } catch (fault) {
    postMessage({ id, fault: String(fault) });
  }
};
