// An independent OpenID provider (npm oidc-provider) on a loopback port. It signs in whomever login_hint names, or
// the first of its accounts, without asking. Its one argument is JSON, made by ../independent_provider.py, where every member is explained. It prints a
// line of JSON when it listens, and answers each line on its standard input, a command, with another.
import { createServer } from 'node:http';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import Provider from 'oidc-provider';
import { createMemoryAdapter } from 'oidc-provider/lib/adapters/memory_adapter.js';

// what the provider remarks is no answer
console.info = console.error;

const settings = JSON.parse(process.argv[2]);
const { algorithm, resource, accounts } = settings;

const server = createServer();
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const address = `http://127.0.0.1:${server.address().port}`;
const issuer = settings.claimed_issuer ?? address;

function newKey() {
  const [kind, options] = {
    ES: ['ec', { namedCurve: 'P-256' }],
    RS: ['rsa', { modulusLength: 2048 }],
    PS: ['rsa', { modulusLength: 2048 }],
    Ed: ['ed25519', {}],
  }[algorithm.slice(0, 2)];
  const { privateKey } = generateKeyPairSync(kind, options);
  return { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg: algorithm };
}

// the first key signs, all are published
let keys = [newKey()];
let provider;
// the same for each set of keys, so that codes, tokens and sessions outlive a rotation
const adapter = createMemoryAdapter();

const configuration = {
  adapter,
  clients: settings.clients,
  clientDefaults: { id_token_signed_response_alg: algorithm },
  cookies: { keys: ['only for tests'] },
  pkce: { required: () => true },
  findAccount: (ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId, ...accounts[accountId] }) }),
  claims: { acr: null, auth_time: null, iss: null, sid: null, openid: ['sub'], profile: settings.claims },
  acrValues: ['level-1', 'level-2'],
  conformIdTokenClaims: !settings.claims_in_id_tokens,
  interactions: { url: (ctx, interaction) => `/sign-in/${interaction.uid}` },
  // consent is given beforehand, so that the flow asks nothing
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId,
      accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope('openid profile');
    grant.addResourceScope(resource, 'documents');
    await grant.save();
    return grant;
  },
  extraTokenClaims: (ctx, token) => token.accountId && {
    ...accounts[token.accountId],
    auth_time: ctx.oidc.entities.AuthorizationCode?.authTime,
  },
  enabledJWA: { dPoPSigningAlgValues: ['ES256', 'RS256', 'PS256', 'Ed25519'] },
  // its own refuses to send logout notices to this machine
  fetch: (url, { dispatcher, ...options }) => fetch(url, options),
  features: {
    devInteractions: { enabled: false },
    backchannelLogout: { enabled: true },
    clientCredentials: { enabled: true },
    dPoP: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      // a person would be asked here
      logoutSource: (ctx, form) => {
        ctx.body = form.replace('</form>', '<button name="logout" value="yes">Sign out</button></form>');
      },
    },
    resourceIndicators: {
      enabled: true,
      // a sign-in asks for no documents; its access token is for the user-info endpoint
      defaultResource: (ctx) => (ctx.oidc.params.scope?.split(' ').includes('documents') ? resource : undefined),
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: 'documents',
        audience: resource,
        accessTokenTTL: 600,
        accessTokenFormat: settings.access_tokens,
        ...(settings.access_tokens === 'jwt' && { jwt: { sign: { alg: algorithm } } }),
      }),
    },
  },
};

function publish(newKeys) {
  keys = newKeys;
  provider = new Provider(issuer, { ...configuration, jwks: { keys } });
}
publish(keys);

let delay = 0;
const asked = {};

server.on('request', async (request, response) => {
  const path = request.url.split('?')[0];
  asked[path] = (asked[path] ?? 0) + 1;
  await new Promise((resolve) => setTimeout(resolve, delay));
  if (!path.startsWith('/sign-in/')) {
    provider.callback()(request, response);
    return;
  }
  const { params } = await provider.interactionDetails(request, response);
  const accountId = params.login_hint ?? Object.keys(accounts)[0];
  await provider.interactionFinished(request, response, { login: { accountId, acr: accounts[accountId].acr } });
});

const commands = {
  // a rotation as it should be: the new key is published, then used, and the old one withdrawn
  publish_new_key: () => publish([...keys, newKey()]),
  use_new_key: () => publish(keys.toReversed()),
  withdraw_old_key: () => publish(keys.slice(0, 1)),
  // a rotation in haste
  replace_key: () => publish([newKey()]),
  answer_after: ({ milliseconds }) => { delay = milliseconds; },
  count: () => asked,
};

createInterface({ input: process.stdin }).on('line', (line) => {
  const { command, ...rest } = JSON.parse(line);
  console.log(JSON.stringify(commands[command](rest) ?? {}));
});

console.log(JSON.stringify({ address, issuer }));
