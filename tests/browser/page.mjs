// SPDX-License-Identifier: Apache-2.0
// page.mjs: Chromium, as a reviewer on a desk, on a telephone, and without scripts; and a page of another site that would
// like to decide. usage: page.mjs URL ORDERS PICTURES; ORDERS is where the fake sluiced listens to, PICTURES a folder.
import assert from "node:assert";
import { createServer } from "node:http";
import { appendFileSync } from "node:fs";
import { chromium } from "playwright-core";

const [url, orders, pictures] = process.argv.slice(2);
const order = (line) => appendFileSync(orders, line + "\n");
const complaints = [];
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });

async function newPage(options) {
	const context = await browser.newContext({ ignoreHTTPSErrors: true, ...options });
	const page = await context.newPage();

	// of our own pages; the provider's want fonts from elsewhere, and browsers an icon
	page.on("console", (message) => {
		const where = message.location().url;

		if (message.type() === "error" && where.startsWith(url) && !where.endsWith("/favicon.ico"))
			complaints.push(message.text());
	});
	page.on("pageerror", (error) => complaints.push(String(error)));
	return page;
}

async function signIn(page, path, name) {
	await page.goto(url + path);
	await page.fill("input[name=login]", name);
	await page.fill("input[name=password]", "any");
	await page.click("button[type=submit]");
	await page.click("button[type=submit]"); // consent
	await page.waitForURL(url + path);
}

const shoot = (page, name) => page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true });

// Nothing is wider than the window, each field has a label, and headings begin with one h1.
async function checkForm(page) {
	assert(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), "scrolls sideways");
	assert.equal(await page.locator("h1").count(), 1);
	assert.equal(await page.evaluate(() => [...document.querySelectorAll("input:not([type=hidden])")]
		.filter((input) => input.labels.length === 0).length), 0);
	assert.equal(await page.evaluate(() => document.documentElement.lang), "en");
}

// ---- at a desk
const desk = await newPage({ viewport: { width: 1200, height: 900 } });
order("open r-de5c1");
await signIn(desk, "/r/r-de5c1", "u-erin");
await checkForm(desk);
await shoot(desk, "request-desk");
await desk.goto(url + "/");
await shoot(desk, "list-desk");
// live: another one appears by itself
order("open r-11fe1");
await desk.waitForSelector("a[href='/r/r-11fe1']", { timeout: 15000 });
// by keyboard only: the enter key in a field decides nothing
await desk.goto(url + "/r/r-de5c1");
await desk.focus("#reason");
await desk.keyboard.type("known partner");
await desk.keyboard.press("Enter");
await desk.waitForTimeout(500);
assert.equal(await desk.locator("[role=status]").count(), 0);
assert.equal(await desk.inputValue("#reason"), "known partner");
// and a form that somebody fills in is not taken away by news
order("open r-11fe2");
await desk.waitForTimeout(6000);
assert.equal(await desk.inputValue("#reason"), "known partner");
await desk.keyboard.press("Tab");
await desk.keyboard.press("Tab");
await desk.keyboard.press("Tab");
assert.equal(await desk.evaluate(() => document.activeElement.textContent), "Approve");
order("always 0 approved; grant g-1");
await desk.keyboard.press("Enter");
await desk.waitForSelector("[role=status]");
assert.equal(await desk.textContent("[role=status]"), "approved; grant g-1");
order("close r-de5c1 approved");
await desk.waitForSelector("h1:text('Approved')", { timeout: 15000 });
await shoot(desk, "closed-desk");
await desk.goto(url + "/history");
await shoot(desk, "history-desk");

// ---- on a telephone, in the dark, hostile text
const phone = await newPage({ viewport: { width: 390, height: 844 }, colorScheme: "dark", isMobile: true, hasTouch: true });
order("hostile r-e7111");
await signIn(phone, "/r/r-e7111", "u-dana");
await checkForm(phone);
await shoot(phone, "request-phone");
await phone.goto(url + "/");
await checkForm(phone);
await shoot(phone, "list-phone");
await phone.goto(url + "/r/r-11fe1");
await shoot(phone, "plain-phone");
order("always 17 dana has decided on this request before; another person must");
await phone.waitForTimeout(300);
await phone.tap("button.approve");
await phone.waitForSelector("[role=alert]");
await phone.goto(url + "/r/r-11fe1");
assert.equal(await phone.locator("button.approve, button.deny").count(), 0);
await shoot(phone, "refused-phone");

// ---- without scripts
const plain = await newPage({ javaScriptEnabled: false });
await signIn(plain, "/r/r-11fe2", "u-frank");
order("always 0 denied");
await plain.waitForTimeout(300);
await plain.click("button.deny");
await plain.waitForSelector("[role=status]");
assert.equal(await plain.textContent("[role=status]"), "denied");
assert.deepEqual(complaints, []);

// ---- another site, in the browser of somebody who is signed in
const evil = createServer((request, response) => {
	response.setHeader("Content-Type", "text/html");
	response.end(request.url === "/frame" ? `<iframe src="${url}/r/r-11fe1"></iframe>`
		: `<form method=post action="${url}/r/r-11fe1"><input name=verdict value=approve></form>
		   <script>document.forms[0].submit()</script>`);
});
await new Promise((listening) => evil.listen(0, "127.0.0.1", listening));
const there = `http://localhost:${evil.address().port}`;
const answer = desk.waitForResponse((r) => r.request().method() === "POST");
await desk.goto(there + "/form");
assert.equal((await answer).status(), 403);
await desk.goto(there + "/frame");
await desk.waitForTimeout(1000);
const frame = desk.frames()[1];
assert(!frame || !(await frame.content()).includes("r-11fe1"), "the page can be framed");

// ---- signing out
await phone.goto(url + "/");
await phone.tap("header button");
await phone.waitForSelector("h1:text('Signed out')");
evil.close();
await browser.close();
