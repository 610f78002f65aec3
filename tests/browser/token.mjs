// SPDX-License-Identifier: Apache-2.0
//
// token.mjs: the same tokens of the Bot Connector for three validators: Microsoft's botframework-connector and
// @microsoft/teams.apps, and ours (check-bot-token). Ours takes no token that the stricter of the two refuses, but for the
// spelling of an address. usage: token.mjs CHECK-BOT-TOKEN

import { execFileSync } from 'node:child_process';
import { createSign, createHmac, generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { ChannelValidation, SimpleCredentialProvider } = require('botframework-connector');
const { ServiceTokenValidator } = require('./node_modules/@microsoft/teams.apps/dist/middleware/auth/service-token-validator.js');
const { PUBLIC } = require('@microsoft/teams.api');

const APP = '0a0a0a0a-1111-2222-3333-444444444444';
const TENANT = '0b0b0b0b-1111-2222-3333-444444444444';
const SERVICE = 'https://smba.trafficmanager.net/emea/';
const now = Math.floor(Date.now() / 1000);

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const other = generateKeyPairSync('rsa', { modulusLength: 2048 });

function jwk(kid, endorsements) {
	return { ...pair.publicKey.export({ format: 'jwk' }), kid, use: 'sig', ...(endorsements && { endorsements }) };
}

const keys = { keys: [jwk('k1', ['msteams', 'skype']), jwk('k2', ['webchat']), jwk('k3')] };
const b64 = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

function token({ header = {}, claims = {}, key = pair.privateKey, sign = 'RSA-SHA256', tamper } = {}) {
	const all = { serviceurl: SERVICE, nbf: now - 10, exp: now + 3600, iss: 'https://api.botframework.com', aud: APP, ...claims };
	const head = b64({ alg: 'RS256', kid: 'k1', typ: 'JWT', ...header });
	const text = `${head}.${b64(JSON.parse(JSON.stringify(all)))}`;
	if (sign === 'none')
		return `${text}.`;
	if (sign === 'hmac')
		return `${text}.${createHmac('sha256', pair.publicKey.export({ type: 'spki', format: 'pem' })).update(text).digest('base64url')}`;
	const signature = createSign(sign).update(text).sign(key).toString('base64url');
	return tamper ? `${head}.${b64({ ...all, sub: 'x' })}.${signature}` : `${text}.${signature}`;
}

// name, token, what ours must say, [service of the activity]
const table = [
	['good', token(), true],
	['other audience', token({ claims: { aud: TENANT } }), false],
	['other issuer', token({ claims: { iss: 'https://login.evil.example' } }), false],
	['issuer of Entra', token({ claims: { iss: `https://sts.windows.net/${TENANT}/` } }), false],
	['other key', token({ key: other.privateKey }), false],
	['changed after signing', token({ tamper: true }), false],
	['unknown key', token({ header: { kid: 'k9' } }), false],
	['no key id', token({ header: { kid: undefined } }), false],
	['HS256 with the public key', token({ header: { alg: 'HS256' }, sign: 'hmac' }), false],
	['no algorithm', token({ header: { alg: 'none' }, sign: 'none' }), false],
	['RS384', token({ header: { alg: 'RS384' }, sign: 'RSA-SHA384' }), false],
	['no service', token({ claims: { serviceurl: undefined } }), false],
	['other service', token({ claims: { serviceurl: 'https://smba.trafficmanager.net/amer/' } }), false],
	['service of others', token(), false, 'https://smba.evil.example/emea/'],
	['service without a slash', token({ claims: { serviceurl: SERVICE.slice(0, -1) } }), true, SERVICE, 'spelling'],
	['service in capitals', token({ claims: { serviceurl: 'https://SMBA.trafficmanager.net/emea/' } }), true, SERVICE, 'spelling'],
	['audience in a list', token({ claims: { aud: [APP] } }), false],
	['audience among others', token({ claims: { aud: [TENANT, APP] } }), false],
	['key for the web chat', token({ header: { kid: 'k2' } }), false],
	['key for nothing', token({ header: { kid: 'k3' } }), false],
	['no end', token({ claims: { exp: undefined } }), false],
	['ended 4 minutes ago', token({ claims: { exp: now - 240 } }), true],
	['ended 6 minutes ago', token({ claims: { exp: now - 360 } }), false],
	['begins in 4 minutes', token({ claims: { nbf: now + 240 } }), true],
	['begins in 6 minutes', token({ claims: { nbf: now + 360 } }), false],
];

const server = createServer((request, response) => {
	response.setHeader('Content-Type', 'application/json');
	if (request.url.endsWith('openidconfiguration'))
		response.end(JSON.stringify({
			issuer: 'https://api.botframework.com', jwks_uri: `${base}/v1/.well-known/keys`,
			id_token_signing_alg_values_supported: ['RS256'],
		}));
	else
		response.end(JSON.stringify(keys));
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const base = `http://127.0.0.1:${server.address().port}`;
const metadata = `${base}/v1/.well-known/openidconfiguration`;
ChannelValidation.OpenIdMetadataEndpoint = metadata;
const quiet = { debug() {}, info() {}, warn() {}, error() {}, log() {}, trace() {}, child() { return quiet; } };
const validator = new ServiceTokenValidator(APP, TENANT, undefined, quiet, { ...PUBLIC, openIdMetadataUrl: metadata });

const taken = (promise) => promise.then(() => true, () => false);
const connector = (jwt, service) => taken(ChannelValidation.authenticateChannelTokenWithServiceUrl(
	`Bearer ${jwt}`, new SimpleCredentialProvider(APP, ''), service, 'msteams'));
const apps = (jwt, service) => taken(validator.check(`Bearer ${jwt}`, { serviceUrl: service }));

writeFileSync('keys.json', JSON.stringify(keys));
const lines = table.map(([, jwt, , service = SERVICE]) => `${jwt} ${service}\n`).join('');
const ours = execFileSync(process.argv[2], [APP, 'keys.json'], { input: lines }).toString().trim().split('\n');

let wrong = 0, stricter = 0;
for (const [i, [name, jwt, expected, service = SERVICE, spelling]] of table.entries()) {
	const theirs = [await connector(jwt, service), await apps(jwt, service)];
	const mine = ours[i] === 'accept';
	const fine = mine === expected && (!mine || (spelling ? theirs.some(Boolean) : theirs.every(Boolean)));
	stricter += !mine && theirs.some(Boolean);
	wrong += !fine;
	console.log(`${fine ? 'ok ' : 'BAD'} ${name}: ours ${ours[i]}; botframework-connector ${theirs[0]}, teams.apps ${theirs[1]}`);
}
console.log(`${table.length} tokens, ours stricter than one of the two on ${stricter}`);
server.close();
process.exit(wrong || stricter < 5 ? 1 : 0);
