/* SPDX-License-Identifier: Apache-2.0 */
/*
 * release.c: see release.h.
 */
#include "release.h"

#include "base/log.h"
#include "decision/hold.h"
#include "guard/guard.h"
#include "kernel/kernel.h"

int release_held(void)
{
	struct kernel_error error = {};
	struct kernel *kernel = NULL;
	int n;

	if (!kernel_pinned())
		return 0;
	if (kernel_open_maps(&kernel, &error)) {
		log_error("%s", error.text);
		return 1;
	}
	kernel_heartbeat(kernel, 0);
	n = hold_release_all(kernel);
	kernel_close(kernel);
	if (n < 0)
		log_error_errno(n, "Cannot wake the held processes");
	else if (n)
		log_notice("%d held processes were woken; what they tried is refused", n);
	return n < 0;
}

int release_all(void)
{
	struct kernel_error error = {};
	char text[1024] = "";

	if (kernel_pinned() && guard_forbids_detach(text, sizeof(text))) {
		log_error("%s", text);
		return 1;
	}
	release_held();
	log_notice("detaching the programs; the kernel takes some seconds for all of them");
	if (kernel_detach(&error)) {
		log_error("%s", error.text);
		return 1;
	}
	log_notice("no BPF program of the agent is attached any more: nothing is enforced");
	return 0;
}
