// SPDX-License-Identifier: Apache-2.0
//
// card.mjs: each card, read by Microsoft's own renderer: no element, action or property that it does not know, and what it
// writes again is what was read. usage: card.mjs FILE...; a file is a card, or a message with one; others are passed over.

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { AdaptiveCard, SerializationContext, Versions } = require('./node_modules/adaptivecards/dist/adaptivecards.js');

function read(json) {
	const version = json.version === '1.5' ? Versions.v1_5 : Versions.v1_4;
	const context = new SerializationContext(version);
	const card = new AdaptiveCard();
	card.parse(json, context);
	const events = [];
	for (let i = 0; i < context.eventCount; i++)
		events.push(context.getEventAt(i).message);
	const failures = card.validateProperties().validationEvents.map((event) => event.message);
	return { again: card.toJSON(new SerializationContext(version)), events: events.concat(failures) };
}

const kinds = (list = []) => list.map((item) => item.type).join();
const buttons = (card) => JSON.stringify((card.actions ?? []).map((action) => [action.verb, action.data, action.url]));

let wrong = 0, done = 0;
for (const file of process.argv.slice(2)) {
	const json = JSON.parse(readFileSync(file, 'utf8'));
	const card = json.attachments?.[0]?.content ?? json;
	if (card.type !== 'AdaptiveCard')
		continue;
	done++;
	const { again, events } = read(card);
	if (kinds(again.body) !== kinds(card.body))
		events.push('other elements');
	if (buttons(again) !== buttons(card))
		events.push('other buttons');
	if (JSON.stringify(again.refresh?.action?.verb) !== JSON.stringify(card.refresh?.action?.verb))
		events.push('another refresh');
	wrong += events.length;
	console.log(`${events.length ? 'BAD' : 'ok '} ${basename(file)}: ${events.join('; ') || `${card.body.length} elements`}`);
}
// the check itself: what it must find
const bad = { type: 'AdaptiveCard', version: '1.5', body: [{ type: 'CodeBlock' }], actions: [{ type: 'Action.Unknown' }] };
if (read(bad).events.length < 2)
	wrong++;
process.exit(wrong || !done ? 1 : 0);
