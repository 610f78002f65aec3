// SPDX-License-Identifier: Apache-2.0
/*
 * report_hosts.c: see report_hosts.h.
 */
#include "report_hosts.h"

#include "base/cleanup.h"
#include "journal/journal_keys.h"
#include "journal/journal_proof.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* One change: @size entries are signed by the old key and, from there on, by this one. */
struct report_host {
	struct report_host *next;
	uint64_t seq, size;
	char *line, *checkpoint, *vkey;
	size_t line_size;
};

static void free_host(struct report_host *host)
{
	free(host->line);
	free(host->checkpoint);
	free(host->vkey);
	free(host);
}

void report_hosts_done(struct report_hosts *hosts)
{
	struct report_host *host;

	while ((host = hosts->first)) {
		hosts->first = host->next;
		free_host(host);
	}
	hosts->end = NULL;
	free(hosts->vkey);
	hosts->vkey = NULL;
}

int report_hosts_begin(struct report_hosts *hosts, const struct journal_segment *segment)
{
	struct note_key *first = NULL, *key = NULL;
	int r = note_key_parse(segment->vkey, &first);

	if (r == 0)
		r = note_key_from_public(note_key_name(first), segment->keys.host, &key);
	if (r == 0) {
		hosts->from = segment->tree.size;
		hosts->vkey = strdup(note_key_vkey(key));
		r = hosts->vkey ? 0 : -ENOMEM;
	}
	note_key_free(key);
	note_key_free(first);
	return r;
}

static char *new_key_of(const struct journal_line *line)
{
	json_auto_t *json = json_loadb(line->text, line->size, JSON_ALLOW_NUL, NULL);
	const json_t *journal = json_object_get(json, "journal");
	const char *vkey = json_string_value(json_object_get(journal, "host_vkey"));

	return vkey ? strdup(vkey) : NULL;
}

static int add(struct report_hosts *hosts, const struct journal_line *line)
{
	struct report_host *host = calloc(1, sizeof(*host));

	if (!host)
		return -ENOMEM;
	host->seq = line->seq;
	host->line_size = line->size;
	host->line = strndup(line->text, line->size);
	host->vkey = new_key_of(line);
	if (!host->line || !host->vkey) {
		free_host(host);
		return -ENOMEM;
	}
	if (!hosts->end)
		hosts->end = &hosts->first;
	*hosts->end = host;
	hosts->end = &host->next;
	return 0;
}

int report_hosts_take(struct report_hosts *hosts, const struct journal_line *line)
{
	if (!line->is_checkpoint)
		return journal_kind(line->text, line->size) == JOURNAL_HOST_CHANGES
			       ? add(hosts, line)
			       : 0;
	for (struct report_host *host = hosts->first; host; host = host->next) {
		if (host->checkpoint)
			continue;
		host->size = line->signed_entries;
		host->checkpoint = journal_proof_note(line);
		if (!host->checkpoint)
			return -ENOMEM;
	}
	return 0;
}

static int write_change(const struct report_host *host, struct merkle_paths *paths,
			struct bundle *bundle)
{
	_cleanup_free_ char *text = NULL;
	struct merkle_proof proof;
	char name[64];
	int r = merkle_paths_prove(paths, host->seq, host->size, &proof);

	if (r == 0)
		r = journal_proof_write(&proof, host->line, host->line_size, host->checkpoint,
					&text);
	if (r < 0 || !text)
		return r;
	snprintf(name, sizeof(name), "keys/%" PRIu64 ".tlog-proof", host->seq);
	return bundle_add(bundle, name, text, strlen(text));
}

static int write_changes(const struct report_hosts *hosts, const char *vkey,
			 struct merkle_paths *paths, uint64_t size, struct bundle *bundle,
			 FILE *list, const char **ret_last)
{
	int r = 0;

	*ret_last = hosts->vkey ?: vkey;
	fprintf(list, "%" PRIu64 " %s\n", hosts->from, *ret_last);
	for (const struct report_host *host = hosts->first; host && r == 0; host = host->next) {
		if (!host->checkpoint || host->size > size)
			break;
		fprintf(list, "%" PRIu64 " %s\n", host->seq, host->vkey);
		*ret_last = host->vkey;
		r = write_change(host, paths, bundle);
	}
	return r;
}

int report_hosts_write(const struct report_hosts *hosts, const char *vkey,
		       struct merkle_paths *paths, uint64_t size, struct bundle *bundle)
{
	_cleanup_free_ char *list = NULL, *last = NULL;
	const char *at_end = vkey;
	size_t list_size = 0;
	FILE *out = open_memstream(&list, &list_size);
	int r = bundle_folder(bundle, "keys");

	if (!out)
		return -ENOMEM;
	if (r == 0)
		r = write_changes(hosts, vkey, paths, size, bundle, out, &at_end);
	if (fclose(out) && r == 0)
		r = -ENOMEM;
	if (r == 0 && asprintf(&last, "%s\n", at_end) < 0)
		r = -ENOMEM;
	if (r == 0)
		r = bundle_add(bundle, "keys/hosts", list, list_size);
	return r == 0 ? bundle_add(bundle, "keys/host.vkey", last, strlen(last)) : r;
}
