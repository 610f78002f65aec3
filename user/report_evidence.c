// SPDX-License-Identifier: Apache-2.0
/*
 * report_evidence.c: see report_evidence.h. A second pass over the file: which entries are needed is
 * known after the first one only, and each proof is checked against the root that it found.
 */
#include "report_evidence.h"

#include "cleanup.h"
#include "journal_proof.h"
#include "merkle_paths.h"

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
	uint64_t size; /* entries of the tree */
	uint8_t root[MERKLE_HASH];
	char *checkpoint;
};

static int take_line(void *ctx, const struct journal_line *line)
{
	struct evidence *evidence = ctx;
	uint8_t leaf[MERKLE_HASH];
	int r;

	if (line->is_checkpoint) {
		if (line->signed_entries != evidence->size)
			return 0;
		evidence->checkpoint = journal_proof_note(line);
		return evidence->checkpoint ? -ECANCELED : -ENOMEM;
	}
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
	const uint8_t *leaf = evidence->paths.level[0].hash[evidence->numbers[i]];
	size_t start = i ? evidence->ends[i - 1] : 0;
	struct merkle_proof proof;
	_cleanup_free_ char *text = NULL;
	char name[64];
	int r = merkle_paths_prove(&evidence->paths, evidence->numbers[i], evidence->size, &proof);

	if (r == 0)
		r = merkle_check_proof(&evidence->paths.hasher, &proof, evidence->size, leaf,
				       evidence->root);
	if (r == 0)
		r = journal_proof_write(&proof, evidence->text + start,
					evidence->ends[i] - start - 1, evidence->checkpoint, &text);
	if (r < 0 || !text)
		return r == -EBADMSG ? -ESTALE : r;
	snprintf(name, sizeof(name), "proofs/%" PRIu64 ".tlog-proof", evidence->numbers[i]);
	return bundle_add(bundle, name, text, strlen(text));
}

static int write_all(struct evidence *evidence, struct bundle *bundle)
{
	int r = bundle_add(bundle, "checkpoint", evidence->checkpoint,
			   strlen(evidence->checkpoint));

	if (r == 0)
		r = bundle_add(bundle, "lines.jsonl", evidence->text, evidence->text_size);
	if (r == 0)
		r = bundle_folder(bundle, "proofs");
	for (size_t i = 0; r == 0 && i < evidence->n; i++)
		r = write_proof(evidence, i, bundle);
	return r;
}

/* Return: 0 when all lines and the checkpoint were found. */
static int collect(const char *path, const struct journal_verify_result *verified,
		   struct evidence *evidence)
{
	const struct journal_verify_options options = { .unparsed = true,
							.genesis = verified->genesis };
	struct journal_verify_result again;
	int r = journal_verify_lines(path, &options, take_line, evidence, &again);

	if (r != -ECANCELED)
		return r < 0 ? r : -ESTALE;
	if (fflush(evidence->lines))
		return -ENOMEM;
	return evidence->had == evidence->n ? 0 : -ESTALE;
}

static int begin(struct evidence *evidence, const struct journal_verify_result *verified)
{
	int r = merkle_paths_init(&evidence->paths);

	evidence->size = verified->entries - verified->unsigned_entries;
	evidence->ends = calloc(evidence->n + 1, sizeof(*evidence->ends));
	evidence->lines = open_memstream(&evidence->text, &evidence->text_size);
	if (r < 0 || !evidence->ends || !evidence->lines)
		return -ENOMEM;
	return merkle_unhex(verified->root, evidence->root) ? 0 : -ESTALE;
}

int report_evidence(const char *path, const struct journal_verify_result *verified,
		    const uint64_t *numbers, size_t n, struct bundle *bundle)
{
	struct evidence evidence = { .numbers = numbers, .n = n };
	int r = begin(&evidence, verified);

	if (r == 0)
		r = collect(path, verified, &evidence);
	if (r == 0)
		r = write_all(&evidence, bundle);
	if (evidence.lines)
		fclose(evidence.lines);
	free(evidence.text);
	free(evidence.ends);
	free(evidence.checkpoint);
	merkle_paths_done(&evidence.paths);
	return r;
}
