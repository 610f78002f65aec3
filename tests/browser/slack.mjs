// SPDX-License-Identifier: Apache-2.0
//
// slack.mjs: an app on Slack's own framework, in the gateway's place before fake-slack: what it understands, the stand-in
// has said as Slack does. usage: slack.mjs socket|http API MESSAGE|PORT
// With "socket" it posts the MESSAGE (JSON, as the gateway posted it) and connects; with "http" it listens. What it is told
// is printed, a line of JSON each, and "ready" when it may be told something.

import { App, LogLevel } from '@slack/bolt';
import { readFileSync } from 'node:fs';

const [mode, api, what] = process.argv.slice(2);
const common = { token: 'xoxb-SECRET', logLevel: LogLevel.ERROR, clientOptions: { slackApiUrl: `${api}/` } };
const app = mode === 'socket'
	? new App({ ...common, appToken: 'xapp-SECRET', socketMode: true })
	: new App({ ...common, signingSecret: '8f742231b10e8888abcd99yyyzzz85a5', endpoints: '/slack/actions' });

function print(line) {
	process.stdout.write(`${JSON.stringify(line)}\n`);
}

app.action(/^(approve|deny)$/, async ({ ack, body, action, respond }) => {
	await ack();
	print({ pressed: action.action_id, value: action.value, user: body.user.id, team: body.team.id,
		channel: body.channel.id, ts: body.message.ts });
	await respond({ response_type: 'ephemeral', replace_original: false, text: 'told' });
});

app.view('reason', async ({ ack, view }) => {
	print({ form: view.private_metadata, reason: view.state.values.reason.reason.value });
	await ack({ response_action: 'errors', errors: { reason: 'not a reviewer' } });
});

if (mode === 'socket') {
	const { ok, channel, ts } = await app.client.chat.postMessage(JSON.parse(readFileSync(what, 'utf8')));
	print({ ok, channel, ts });
	await app.start();
} else {
	await app.start(Number(what));
}
print('ready');
