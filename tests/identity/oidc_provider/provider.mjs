// An independent OpenID provider (npm oidc-provider) on a loopback port. It signs in whomever login_hint names, without
// asking, and issues JWT access tokens (RFC 9068) for one resource (RFC 8707). Prints one line of JSON when it listens.
import { createServer } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';

const resource = 'https://condau.example/api';
const people = {
  'minh-anh': {
    personal_id: '001194000001',
    name: 'Nguyễn Thị Minh Anh',
    birthdate: '1994-03-08',
    gender: 'female',
    acr: 'level-2',
  },
};

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const server = createServer();
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'vneid-app',
      redirect_uris: ['https://vneid.example/callback'],
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code'],
      response_types: ['code'],
    },
  ],
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'independent-1', use: 'sig', alg: 'ES256' }] },
  clientDefaults: { id_token_signed_response_alg: 'ES256' },
  cookies: { keys: ['only for tests'] },
  pkce: { required: () => true },
  findAccount: (ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
  interactions: { url: (ctx, interaction) => `/sign-in/${interaction.uid}` },
  // consent is given beforehand, so that the flow asks nothing
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId,
      accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope('openid');
    grant.addResourceScope(resource, 'documents');
    await grant.save();
    return grant;
  },
  extraTokenClaims: (ctx, token) => people[token.accountId],
  features: {
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => resource,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: 'documents',
        audience: resource,
        accessTokenTTL: 600,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
});

const answer = provider.callback();
server.on('request', async (request, response) => {
  if (!request.url.startsWith('/sign-in/')) {
    answer(request, response);
    return;
  }
  const { params } = await provider.interactionDetails(request, response);
  await provider.interactionFinished(request, response, { login: { accountId: params.login_hint } });
});

console.log(JSON.stringify({ issuer }));
