// SPDX-License-Identifier: Apache-2.0
//
// api.mjs: the API and a webhook in the hands of code that nobody here wrote: its description is validated, events are heard
// by an EventSource, a webhook is verified by its standard's own library. Environment: URL, TOKEN, ORDERS (of fake-sluiced),
// RAW (posts, of fake-hook), SECRET.

import assert from "node:assert";
import { appendFileSync, readFileSync } from "node:fs";
import { Validator } from "@seriousme/openapi-schema-validator";
import { EventSource } from "eventsource";
import { Webhook } from "standardwebhooks";

const { URL: origin, TOKEN, ORDERS, RAW, SECRET } = process.env;
const order = (line) => appendFileSync(ORDERS, line + "\n");

async function description() {
	const response = await fetch(`${origin}/api/v1/openapi.json`);
	const validator = new Validator();
	const result = await validator.validate(await response.json());
	assert(result.valid, JSON.stringify(result.errors));
	assert.equal(validator.version, "3.1");
}

// The server goes away and comes back; the client asks for what it missed, by itself.
async function events() {
	const heard = [];
	const withToken = (url, init) =>
		fetch(url, { ...init, headers: { ...init.headers, Authorization: `Bearer ${TOKEN}` } });
	const source = new EventSource(`${origin}/api/v1/events`, { fetch: withToken });
	const opened = new Promise((done, fail) => {
		source.onopen = done;
		source.onerror = fail;
	});
	const all = new Promise((done) => {
		for (const type of ["request.opened", "request.closed"])
			source.addEventListener(type, (event) => {
				heard.push(`${event.type} ${JSON.parse(event.data).data.id} ${event.lastEventId.split("-")[1]}`);
				if (heard.length === 3) done();
			});
	});
	await opened;
	order("open r-e1");
	order("close r-e1 denied");
	order("open r-e2");
	await all;
	source.close();
	assert.deepEqual(
		heard.map((line) => line.replace(/ \d+$/, "")),
		["request.opened r-e1", "request.closed r-e1", "request.opened r-e2"],
	);
	const numbers = heard.map((line) => Number(line.split(" ").pop()));
	assert.deepEqual(numbers, [numbers[0], numbers[0] + 1, numbers[0] + 2]);
}

function webhook() {
	const { headers, body } = JSON.parse(readFileSync(RAW, "utf8").split("\n")[0]);
	const event = new Webhook(SECRET).verify(body, headers);
	assert.equal(event.type, "request.opened");
	assert.throws(() => new Webhook(SECRET).verify(body.replace("opened", "closed"), headers));
}

await description();
await events();
webhook();
console.log("fine");
