/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request_digest.c: the canonical text of a request and its hash; the format is fixed in request.h.
 */
#include <errno.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "event/wording.h"
#include "request.h"

static void field(FILE *out, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void field(FILE *out, const char *name, const char *format, ...)
{
	_cleanup_free_ char *value = NULL;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vasprintf(&value, format, ap);
	va_end(ap);
	if (n < 0)
		value = NULL;
	else
		fprintf(out, "%s %d %s\n", name, n, value);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void list_labels(const struct agent *agent, uint64_t labels, char *ret, size_t size)
{
	const char *names[SLUICE_MAX_LABELS] = { NULL };
	size_t n = 0, used = 0;

	for (unsigned int bit = 0; bit < SLUICE_MAX_LABELS; bit++)
		if (labels >> bit & 1)
			names[n++] = agent->names.name[bit];
	qsort(names, n, sizeof(names[0]), compare);
	ret[0] = '\0';
	for (size_t i = 0; i < n; i++)
		used += (size_t)snprintf(ret + used, size - used, "%s%s", i ? "," : "", names[i]);
}

static void target_field(FILE *out, const struct sluice_target *target)
{
	char address[2 * sizeof(target->addr) + 1];

	switch (target->kind) {
	case SLUICE_TARGET_FILE:
		field(out, "target", "file %u:%u:%llu %u", target->object.dev, target->object.gen,
		      (unsigned long long)target->object.ino, target->arg);
		return;
	case SLUICE_TARGET_ENDPOINT:
		wording_hex(target->addr, sizeof(target->addr), address);
		field(out, "target", "endpoint %s %u %u", address, target->port, target->arg);
		return;
	case SLUICE_TARGET_CREDENTIAL:
		field(out, "target", "credential %u %llu %llu", target->arg,
		      (unsigned long long)target->id[0], (unsigned long long)target->id[1]);
		return;
	default:
		field(out, "target", "any");
	}
}

static void write_all(const struct agent *agent, const struct request *request, FILE *out)
{
	char labels[SLUICE_MAX_LABELS * SLUICE_NAME_MAX];

	fputs("sluice-request-v1\n", out);
	field(out, "host", "%s", agent->host);
	field(out, "boot", "%s", agent->boot_id);
	field(out, "pid", "%d", request->pid);
	field(out, "start_ns", "%llu", (unsigned long long)request->start_ns);
	field(out, "exe_id", "%u:%u:%llu", request->exe_id.dev, request->exe_id.gen,
	      (unsigned long long)request->exe_id.ino);
	field(out, "exe", "%s", request->exe);
	field(out, "action", "%s", policy_action_names[request->key.action]);
	target_field(out, &request->key.target);
	field(out, "target_text", "%s", request->target);
	list_labels(agent, request->labels, labels, sizeof(labels));
	field(out, "labels", "%s", labels);
	if (request->nonce[0])
		field(out, "nonce", "%s", request->nonce);
	for (size_t i = 0; i < request->n_sources; i++) {
		const struct request_source *source = &request->sources[i];

		list_labels(agent, source->labels, labels, sizeof(labels));
		field(out, "source", "%s\n%s\n%s", labels, source->reader, source->path);
	}
	if (request->more_sources)
		field(out, "more_sources", "%zu", request->more_sources);
}

int request_digest(const struct agent *agent, struct request *request)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	bool bad;

	if (!out)
		return -ENOMEM;
	write_all(agent, request, out);
	bad = ferror(out);
	if (fclose(out) || bad)
		return -ENOMEM;
	if (EVP_Digest(text, size, hash, NULL, EVP_sha256(), NULL) != 1)
		return -EIO;
	wording_hex(hash, 32, request->digest);
	return 0;
}
