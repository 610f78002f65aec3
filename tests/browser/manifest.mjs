// SPDX-License-Identifier: Apache-2.0
//
// manifest.mjs: an app's manifest against Microsoft's schema of its version, which @microsoft/app-manifest has with it.
// usage: manifest.mjs FILE

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const Ajv = require('ajv-draft-04');
const formats = require('ajv-formats');

const manifest = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const schemas = './node_modules/@microsoft/app-manifest/build/json-schemas/teams';
const schema = require(`${schemas}/v${manifest.manifestVersion}/MicrosoftTeams.schema.json`);
const ajv = new Ajv({ strict: false, allErrors: true });
formats(ajv);
const validate = ajv.compile(schema);

const fine = validate(manifest);
console.log(fine ? `ok: ${manifest.manifestVersion}` : JSON.stringify(validate.errors, null, 1));
// the check itself: what it must find
const bad = [{ ...manifest, bots: [{ scopes: ['team'] }] }, { ...manifest, version: undefined }];
process.exit(fine && bad.every((json) => !validate(JSON.parse(JSON.stringify(json)))) ? 0 : 1);
