// Verifies and presents credentials with a program that others wrote, offline, at a time that is given.
// stdin: {"credential", "issuer", "statusKey", "statusList", "at", "audience", "nonce", "holder"?, "show"?, "metadata"}
import { createHash, webcrypto } from "node:crypto";
import { SDJwtVcInstance, TypeMetadataFormatSchema } from "@sd-jwt/sd-jwt-vc";

const asked = JSON.parse(await new Response(process.stdin).text());
const P256 = { name: "ECDSA", namedCurve: "P-256" };
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" };

const verifierOf = async (jwk) => {
  const key = await webcrypto.subtle.importKey("jwk", jwk, P256, false, ["verify"]);
  return (data, signature) =>
    webcrypto.subtle.verify(SIGNATURE, key, Buffer.from(signature, "base64url"), Buffer.from(data));
};

const signerOf = async (jwk) => {
  const key = await webcrypto.subtle.importKey("jwk", jwk, P256, false, ["sign"]);
  return async (data) =>
    Buffer.from(await webcrypto.subtle.sign(SIGNATURE, key, Buffer.from(data))).toString("base64url");
};

const listsAsked = [];
const statuses = [];
const program = new SDJwtVcInstance({
  hasher: (data) => new Uint8Array(createHash("sha256").update(data).digest()),
  hashAlg: "sha-256",
  verifier: await verifierOf(asked.issuer),
  statusVerifier: await verifierOf(asked.statusKey),
  statusListFetcher: async (uri) => (listsAsked.push(uri), asked.statusList),
  statusValidator: async (status) => {
    statuses.push(status);
    if (status !== 0) throw new Error(`status ${status}`);
  },
  kbVerifier: async (data, signature, payload) => (await verifierOf(payload.cnf.jwk))(data, signature),
  ...(asked.holder ? { kbSigner: await signerOf(asked.holder), kbSignAlg: "ES256" } : {}),
});

const verified = (text, options = {}) =>
  program.verify(text, { currentDate: asked.at, ...options }).then(
    (result) => ({ claims: result.payload, proof: result.kb?.payload ?? null }),
    (error) => ({ refused: String(error) }),
  );

const found = { plain: await verified(asked.credential) };
Object.assign(found, { listsAsked: [...listsAsked], statuses: [...statuses] });

const [head, ...rest] = asked.credential.split("~");
const [first, ...others] = rest;
const flipped = (text, at) => text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1);
found.alteredPayload = await verified([flipped(head, head.indexOf(".") + 60), ...rest].join("~"));
found.alteredDisclosure = await verified([head, flipped(first, 20), ...others].join("~"));

if (asked.holder) {
  const frame = Object.fromEntries(asked.show.map((name) => [name, true]));
  const kb = { payload: { iat: asked.at, aud: asked.audience, nonce: asked.nonce } };
  found.presented = await program.present(asked.credential, frame, { kb });
  found.bound = await verified(found.presented, { keyBindingNonce: asked.nonce });
  found.otherNonce = await verified(found.presented, { keyBindingNonce: "another" });
}
found.presentedByOurs = asked.presented ? await verified(asked.presented, { keyBindingNonce: asked.nonce }) : null;
found.metadata = TypeMetadataFormatSchema.safeParse(asked.metadata).success;
process.stdout.write(JSON.stringify(found));
