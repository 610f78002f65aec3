// SPDX-License-Identifier: Apache-2.0
/*
 * report_evidence.c: see report_evidence.h. A second pass over the file: which entries are needed
 * is known after the first one only, and both must find the same root.
 */
#include "report_evidence.h"

#include "base/cleanup.h"
#include "journal/journal_proof.h"
#include "journal/merkle_paths.h"
#include "report_hosts.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* @text: the lines that were found, each with its LF, once @lines is flushed; @ends: of each. */
struct evidence {
	const uint64_t *numbers;
	size_t n, had;
	struct merkle_paths paths;
	FILE *lines;
	char *text;
	size_t text_size, *ends;
	uint64_t size; /* entries that the report has read */
	uint8_t root[MERKLE_HASH];
	char signer[NOTE_NAME_MAX + 2]; /* the host's key, as a signature names it */
	char *checkpoint;		/* the last one with that signature */
	uint64_t proven;		/* entries that it covers */
	struct report_hosts hosts;
};

/* Checkpoints by other keys may stand between those of the host's, which strangers know. */
static int take_checkpoint(struct evidence *evidence, const struct journal_line *line)
{
	char *note;

	if (memmem(line->text, line->size, evidence->signer, strlen(evidence->signer))) {
		note = journal_proof_note(line);
		if (!note)
			return -ENOMEM;
		free(evidence->checkpoint);
		evidence->checkpoint = note;
		evidence->proven = line->signed_entries;
	}
	return line->signed_entries == evidence->size ? -ECANCELED : 0;
}

/* Retention has removed what stood before: what the first line says of it the host has signed. */
static int begin_behind(struct evidence *evidence, const struct journal_line *line)
{
	struct journal_segment segment;
	int r = journal_segment_read(line->text, line->size, &segment, NULL);

	if (r == 0)
		r = merkle_paths_begin(&evidence->paths, &segment.tree);
	return r < 0 ? r : report_hosts_begin(&evidence->hosts, &segment);
}

static int take_line(void *ctx, const struct journal_line *line)
{
	struct evidence *evidence = ctx;
	uint8_t leaf[MERKLE_HASH];
	int r = report_hosts_take(&evidence->hosts, line);

	if (r < 0)
		return r;
	if (line->is_checkpoint)
		return take_checkpoint(evidence, line);
	if (line->seq > 0 && line->seq == line->from)
		r = begin_behind(evidence, line);
	if (r < 0)
		return r;
	r = merkle_leaf(&evidence->paths.hasher, line->text, line->size, leaf);
	if (r == 0)
		r = merkle_paths_add(&evidence->paths, leaf);
	if (r < 0 || evidence->had == evidence->n || line->seq != evidence->numbers[evidence->had])
		return r;
	fwrite(line->text, 1, line->size, evidence->lines);
	fputc('\n', evidence->lines);
	evidence->ends[evidence->had++] = (size_t)ftell(evidence->lines);
	return ferror(evidence->lines) ? -ENOMEM : 0;
}

static int write_proof(struct evidence *evidence, size_t i, struct bundle *bundle)
{
	size_t start = i ? evidence->ends[i - 1] : 0;
	_cleanup_free_ char *text = NULL;
	struct merkle_proof proof;
	char name[64];
	int r = merkle_paths_prove(&evidence->paths, evidence->numbers[i], evidence->proven,
				   &proof);

	if (r == 0)
		r = journal_proof_write(&proof, evidence->text + start,
					evidence->ends[i] - start - 1, evidence->checkpoint, &text);
	if (r < 0 || !text)
		return r;
	snprintf(name, sizeof(name), "proofs/%" PRIu64 ".tlog-proof", evidence->numbers[i]);
	return bundle_add(bundle, name, text, strlen(text));
}

static int write_all(struct evidence *evidence, struct bundle *bundle)
{
	size_t n = evidence->n, end;
	int r = bundle_add(bundle, "checkpoint", evidence->checkpoint,
			   strlen(evidence->checkpoint));

	while (n > 0 && evidence->numbers[n - 1] >= evidence->proven)
		n--;
	end = n ? evidence->ends[n - 1] : 0;
	if (r == 0)
		r = bundle_add(bundle, "lines.jsonl", evidence->text, end);
	if (r == 0 && n < evidence->n)
		r = bundle_add(bundle, "unproven.jsonl", evidence->text + end,
			       evidence->text_size - end);
	if (r == 0)
		r = bundle_folder(bundle, "proofs");
	for (size_t i = 0; r == 0 && i < n; i++)
		r = write_proof(evidence, i, bundle);
	return r;
}

/* What was read now is what the report has read: the tree over the same entries has its root. */
static int check_root(struct evidence *evidence)
{
	uint8_t root[MERKLE_HASH];
	int r = merkle_paths_root(&evidence->paths, evidence->size, root);

	if (r < 0)
		return r;
	if (evidence->had != evidence->n || memcmp(root, evidence->root, MERKLE_HASH) != 0)
		return -ESTALE;
	return evidence->checkpoint ? 0 : -ENODATA;
}

/* Return: 0 when all lines and the checkpoint were found. */
static int collect(const char *path, const struct journal_verify_result *verified,
		   struct evidence *evidence)
{
	const struct journal_verify_options options = { .unparsed = true,
							.from_oldest = true,
							.genesis = verified->genesis };
	struct journal_verify_result again;
	int r = journal_verify_lines(path, &options, take_line, evidence, &again);

	if (r != -ECANCELED)
		return r < 0 ? r : -ESTALE;
	if (fflush(evidence->lines))
		return -ENOMEM;
	return check_root(evidence);
}

static int begin(struct evidence *evidence, const struct journal_verify_result *verified)
{
	int r = merkle_paths_init(&evidence->paths);

	evidence->size = verified->entries - verified->unsigned_entries;
	snprintf(evidence->signer, sizeof(evidence->signer), " %s ", verified->origin);
	evidence->ends = calloc(evidence->n + 1, sizeof(*evidence->ends));
	evidence->lines = open_memstream(&evidence->text, &evidence->text_size);
	if (r < 0 || !evidence->ends || !evidence->lines)
		return -ENOMEM;
	return merkle_unhex(verified->root, evidence->root) ? 0 : -ESTALE;
}

int report_evidence(const char *path, const struct journal_verify_result *verified,
		    const uint64_t *numbers, size_t n, struct bundle *bundle, uint64_t *ret_proven)
{
	struct evidence evidence = { .numbers = numbers, .n = n };
	int r = begin(&evidence, verified);

	if (r == 0)
		r = collect(path, verified, &evidence);
	if (r == 0)
		r = write_all(&evidence, bundle);
	if (r == 0)
		r = report_hosts_write(&evidence.hosts, verified->vkey, &evidence.paths,
				       evidence.proven, bundle);
	*ret_proven = evidence.proven;
	report_hosts_done(&evidence.hosts);
	if (evidence.lines)
		fclose(evidence.lines);
	free(evidence.text);
	free(evidence.ends);
	free(evidence.checkpoint);
	merkle_paths_done(&evidence.paths);
	return r;
}
