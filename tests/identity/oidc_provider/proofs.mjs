// An application with keys of its own that proves to hold them with npm dpop (RFC 9449). Each line on its standard input
// asks for a proof, each line that it prints is one: {"proof", "thumbprint"}.
import { createInterface } from 'node:readline';
import { calculateThumbprint, generateKeyPair, generateProof } from 'dpop';

const keys = {};

for await (const line of createInterface({ input: process.stdin })) {
  const { algorithm, address, method, nonce, token } = JSON.parse(line);
  keys[algorithm] ??= await generateKeyPair(algorithm);
  const proof = await generateProof(keys[algorithm], address, method, nonce ?? undefined, token ?? undefined);
  console.log(JSON.stringify({ proof, thumbprint: await calculateThumbprint(keys[algorithm].publicKey) }));
}
