// Reads status lists with programs that others wrote: a JWT's entries, and a CWT's signature and payload.
// stdin: {"jwt": "...", "cwt": base64, "jwk": {...}, "indexes": [...]}; stdout: what they found.
import { webcrypto } from "node:crypto";
import { Sign1 } from "@auth0/cose";
import { StatusList, getListFromStatusListJWT } from "@sd-jwt/jwt-status-list";

const asked = JSON.parse(await new Response(process.stdin).text());
const list = getListFromStatusListJWT(asked.jwt);
const found = { bits: list.getBitsPerStatus(), statuses: asked.indexes.map((index) => list.getStatus(index)) };

const key = await webcrypto.subtle.importKey("jwk", asked.jwk, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
const cwt = Sign1.decode(Buffer.from(asked.cwt, "base64"));
await cwt.verify(key);
found.payload = Buffer.from(cwt.payload).toString("base64");
found.type = cwt.protectedHeaders.get(16);

const altered = Buffer.from(asked.cwt, "base64");
altered[altered.length - 70] ^= 1;
found.refusesAltered = await Sign1.decode(altered).verify(key).then(() => false, () => true);

found.written = new StatusList(asked.written, 2).compressStatusList();
process.stdout.write(JSON.stringify(found));
