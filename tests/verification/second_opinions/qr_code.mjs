// Reads the COSE_Sign1 of a QR code with a program that others wrote, tries every one-bit change of it, and writes one.
// stdin: {"payload": base64, "jwk": {...}, "private": {...}, "kid": hex, "claims": [[key, value], ...]}; stdout: what it found.
import { webcrypto } from "node:crypto";
import { Sign1 } from "@auth0/cose";
import { Encoder } from "cbor-x";

const KINDS = { EC: { name: "ECDSA", namedCurve: "P-256" }, OKP: { name: "Ed25519" } };
const ALGORITHMS = { EC: -7, OKP: -8 };
const asked = JSON.parse(await new Response(process.stdin).text());
const keyOf = (jwk, use) => webcrypto.subtle.importKey("jwk", { ...jwk, alg: undefined }, KINDS[jwk.kty], false, [use]);
const key = await keyOf(asked.jwk, "verify");

async function verified(data) {
  const sign1 = Sign1.decode(data);
  await sign1.verify(key);
  return sign1;
}

const data = Buffer.from(asked.payload, "base64");
const genuine = await verified(Uint8Array.from(data));
const found = {
  algorithm: genuine.protectedHeaders.get(1),
  kid: Buffer.from(genuine.protectedHeaders.get(4)).toString("hex"),
  claims: [...new Encoder({ mapsAsObjects: false }).decode(genuine.payload)],
  accepted: [],
};
for (let bit = 0; bit < 8 * data.length; bit++) {
  const altered = Uint8Array.from(data);
  altered[bit >> 3] ^= 1 << (bit & 7);
  if (await verified(altered).then(() => true, () => false)) found.accepted.push(bit);
}

const claims = new Encoder({ mapsAsObjects: false, useRecords: false }).encode(new Map(asked.claims));
const header = new Map([[1, ALGORITHMS[asked.jwk.kty]], [4, Uint8Array.from(Buffer.from(asked.kid, "hex"))]]);
const made = await Sign1.sign(header, new Map(), Uint8Array.from(claims), await keyOf(asked.private, "sign"));
found.made = Buffer.from(made.encode()).toString("base64");
process.stdout.write(JSON.stringify(found));
