// SPDX-License-Identifier: Apache-2.0
// Shows the page anew when something has changed, but never while somebody fills in a form.
"use strict";

(() => {
	const shown = document.body.dataset.version;
	const every = 4000;
	let touched = false;

	async function look() {
		try {
			const answer = await fetch("/version", { cache: "no-store", redirect: "error" });

			if (!answer.ok)
				return;
			if (await answer.text() !== shown && !touched && !document.hidden) {
				location.reload();
				return;
			}
		} catch {
			// the gateway is not there for the moment
		}
		setTimeout(look, every);
	}

	if (!shown)
		return;
	for (const form of document.querySelectorAll("form.decide"))
		form.addEventListener("input", () => { touched = true; });
	setTimeout(look, every);
})();
