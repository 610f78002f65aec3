// SPDX-License-Identifier: Apache-2.0
// provider.mjs: oidc-provider, a certified identity provider that nobody here wrote, over TLS, with its own pages for
// signing in. usage: provider.mjs PORT ISSUER REDIRECT CERT KEY ALGORITHM
import { createServer } from "node:https";
import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import Provider from "oidc-provider";

const [port, issuer, redirect, cert, key, algorithm] = process.argv.slice(2);
const kinds = { RS256: ["rsa", { modulusLength: 2048 }], ES256: ["ec", { namedCurve: "P-256" }] };
const { privateKey } = generateKeyPairSync(...kinds[algorithm]);
const provider = new Provider(issuer, {
	clients: [{
		client_id: "sluice",
		client_secret: "asecret/word",
		redirect_uris: [redirect],
		response_types: ["code"],
		grant_types: ["authorization_code"],
		token_endpoint_auth_method: "client_secret_basic",
		id_token_signed_response_alg: algorithm,
	}],
	jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), use: "sig", kid: "own", alg: algorithm }] },
	pkce: { methods: ["S256"], required: () => true },
	cookies: { keys: ["for a test"] },
	conformIdTokenClaims: false,
	claims: { openid: ["sub", "name"] },
	findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, name: id }) }),
});

createServer({ cert: readFileSync(cert), key: readFileSync(key) }, provider.callback()).listen(Number(port), "127.0.0.1");
