// An OpenID provider (https://github.com/panva/node-oidc-provider) on loopback, for tests.
//
// Usage: node main.js <certificate chain> <private key>. It writes its issuer to standard output as soon as it listens;
// then, for each line `rotate` on standard input, it changes its signing keys and answers `rotated`. It ends when
// standard input does.

import { generateKeyPair, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

import { Provider } from 'oidc-provider';

const KEY_PAIRS = {
  RS256: ['rsa', { modulusLength: 2048 }],
  PS256: ['rsa', { modulusLength: 2048 }],
  ES256: ['ec', { namedCurve: 'P-256' }],
  EdDSA: ['ed25519', {}],
};

async function newKeys() {
  return Promise.all(Object.entries(KEY_PAIRS).map(async ([alg, [type, options]]) => {
    const { privateKey } = await promisify(generateKeyPair)(type, options);
    return { ...privateKey.export({ format: 'jwk' }), alg, kid: `${alg}-${randomUUID()}`, use: 'sig' };
  }));
}

const MCP_SCOPES = 'mcp:tools mcp:admin';

// An access token for the resource <anything>/<algorithm> is signed with that algorithm, and is for `orders`; any other
// resource is an MCP server, and its own audience (RFC 8707). The request's header X-Claims, base64url-encoded JSON, is laid
// over the token's claims; null takes a claim away.
function resourceServer(resource) {
  const alg = new URL(resource).pathname.slice(1);
  return alg in KEY_PAIRS
    ? { accessTokenFormat: 'jwt', audience: 'orders', jwt: { sign: { alg } }, scope: 'profile:read orders:write' }
    : { accessTokenFormat: 'jwt', audience: resource, jwt: { sign: { alg: 'RS256' } }, scope: MCP_SCOPES };
}

function newProvider(issuer, keys) {
  return new Provider(issuer, {
    clients: [{
      // The fixed registration of an MCP client, which holds no secret: it proves itself by PKCE.
      client_id: 'mcp-client',
      grant_types: ['authorization_code'],
      redirect_uris: ['http://127.0.0.1:3030/callback'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      application_type: 'native',
    }, ...Object.entries({ tests: false, bound: true }).map(([id, isBound]) => ({
      client_id: id,
      client_secret: 'loopback only',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      tls_client_certificate_bound_access_tokens: isBound,
    }))],
    features: {
      clientCredentials: { enabled: true },
      // Pages with a form each to sign in and to consent, which `Provider.consent` fills in.
      devInteractions: { enabled: true },
      // Tokens of the client `bound` are bound to the certificate that it uses for mutual TLS (RFC 8705).
      mTLS: {
        enabled: true,
        certificateBoundAccessTokens: true,
        getCertificate: (ctx) => ctx.socket.getPeerX509Certificate(),
      },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (ctx, resource) => resourceServer(resource),
        useGrantedResource: () => true,
      },
    },
    formats: {
      customizers: {
        jwt(ctx, token, jwt) {
          const claims = JSON.parse(Buffer.from(ctx.get('x-claims') || 'e30', 'base64url'));
          for (const [name, value] of Object.entries(claims)) {
            jwt.payload[name] = value ?? undefined;
          }
        },
      },
    },
    jwks: { keys },
    scopes: ['profile:read', 'orders:write'],
    ttl: { AccessToken: 3600, ClientCredentials: 3600, Grant: 3600, Interaction: 3600, Session: 3600 },
  });
}

const [certificate, privateKey] = process.argv.slice(2).map((path) => readFileSync(path));
let serve;
const tls = { cert: certificate, key: privateKey, requestCert: true, rejectUnauthorized: false };
const server = createServer(tls, (request, response) => serve(request, response));
await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
const issuer = `https://127.0.0.1:${server.address().port}`;

let keys = await newKeys();
serve = newProvider(issuer, keys).callback();
console.log(issuer);

for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'rotate') {
    // The first key that fits signs; those of the last generation stay published for the tokens that are on their way.
    const next = await newKeys();
    serve = newProvider(issuer, [...next, ...keys]).callback();
    keys = next;
    console.log('rotated');
  }
}
process.exit(0);
