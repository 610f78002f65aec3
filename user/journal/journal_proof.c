// SPDX-License-Identifier: Apache-2.0
/*
 * journal_proof.c: see journal_proof.h.
 */
#include "journal_proof.h"

#include "base/base64.h"
#include "base/cleanup.h"
#include "limits.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROOF_HEADER "c2sp.org/tlog-proof@v1\n"

/* The tree is built once more beside the verifier's, which keeps no siblings. */
struct proving {
	struct merkle tree;
	struct merkle_proof watched, proof; /* while appending; as of the last checkpoint */
	char *line, *checkpoint;
	size_t line_size;
};

char *journal_proof_note(const struct journal_line *line)
{
	json_auto_t *json = json_loadb(line->text, line->size, 0, NULL);
	const char *note = json_string_value(json_object_get(json, "checkpoint"));

	return note ? strdup(note) : NULL;
}

static int take_checkpoint(struct proving *proving, const struct journal_line *line)
{
	if (proving->tree.size <= proving->watched.index || !line->by_host)
		return 0;
	free(proving->checkpoint);
	proving->checkpoint = journal_proof_note(line);
	if (!proving->checkpoint)
		return -ENOMEM;
	return merkle_prove(&proving->tree, &proving->proof);
}

/* The first files are missing: the tree goes on from what the oldest says, which was checked. */
static int begin_at(struct proving *proving, const struct journal_line *line)
{
	struct journal_segment segment;
	int r = journal_segment_read(line->text, line->size, &segment, NULL);

	if (r < 0)
		return r;
	proving->tree.size = segment.tree.size;
	memcpy(proving->tree.edge, segment.tree.edge, sizeof(proving->tree.edge));
	return 0;
}

static int take_line(void *ctx, const struct journal_line *line)
{
	struct proving *proving = ctx;
	uint8_t leaf[MERKLE_HASH];
	int r;

	if (line->is_checkpoint)
		return take_checkpoint(proving, line);
	if (line->seq == line->from && line->seq > 0) {
		r = begin_at(proving, line);
		if (r < 0)
			return r;
	}
	if (line->seq == proving->watched.index) {
		proving->line = strndup(line->text, line->size);
		proving->line_size = line->size;
		if (!proving->line)
			return -ENOMEM;
	}
	r = merkle_leaf(&proving->tree, line->text, line->size, leaf);
	return r < 0 ? r : merkle_append(&proving->tree, leaf);
}

int journal_proof_write(const struct merkle_proof *proof, const char *line, size_t line_size,
			const char *checkpoint, char **ret)
{
	_cleanup_free_ char *extra = malloc(BASE64_SIZE(line_size));
	char hash[BASE64_SIZE(MERKLE_HASH)];
	FILE *out;
	size_t size;

	if (!extra)
		return -ENOMEM;
	out = open_memstream(ret, &size);
	if (!out)
		/* cppcheck-suppress memleak; freed by its cleanup attribute */
		return -errno;
	base64_encode((const uint8_t *)line, line_size, extra);
	fprintf(out, PROOF_HEADER "extra %s\nindex %" PRIu64 "\n", extra, proof->index);
	for (unsigned int i = 0; i < proof->n; i++) {
		base64_encode(proof->hash[i], MERKLE_HASH, hash);
		fprintf(out, "%s\n", hash);
	}
	fprintf(out, "\n%s", checkpoint);
	return fclose(out) ? -ENOMEM : 0;
}

static int conclude(const struct proving *proving, const struct journal_verify_result *result,
		    char **ret_proof)
{
	if (result->status == JOURNAL_TAMPERED || result->status == JOURNAL_INCOMPLETE)
		return -EBADMSG;
	if (!proving->line)
		return -ERANGE;
	if (!proving->checkpoint)
		return -ENODATA;
	return journal_proof_write(&proving->proof, proving->line, proving->line_size,
				   proving->checkpoint, ret_proof);
}

int journal_prove(const char *path, uint64_t seq, char **ret_proof,
		  struct journal_verify_result *ret_result)
{
	const struct journal_verify_options options = { .unparsed = true, .from_oldest = true };
	struct proving proving = { .watched.index = seq };
	int r = merkle_init(&proving.tree);

	if (r < 0)
		return r;
	proving.tree.watched = &proving.watched;
	r = journal_verify_lines(path, &options, take_line, &proving, ret_result);
	if (r == 0)
		r = conclude(&proving, ret_result, ret_proof);
	merkle_done(&proving.tree);
	free(proving.line);
	free(proving.checkpoint);
	return r;
}

/* A proof as it is read; texts point into it. */
struct parsed {
	struct merkle_proof path;
	const char *extra, *note;
	size_t extra_size, note_size;
};

/* The next line without its LF, NULL: there is none. */
static const char *next_line(const char **cursor, const char *end, size_t *ret_size)
{
	const char *line = *cursor, *lf = memchr(line, '\n', (size_t)(end - line));

	if (!lf)
		return NULL;
	*ret_size = (size_t)(lf - line);
	*cursor = lf + 1;
	return line;
}

/* What follows @start on the next line, when it begins so. */
static const char *next_value(const char **cursor, const char *end, const char *start,
			      size_t *ret_size)
{
	const char *before = *cursor, *line = next_line(cursor, end, ret_size);

	if (line && *ret_size > strlen(start) && memcmp(line, start, strlen(start)) == 0) {
		*ret_size -= strlen(start);
		return line + strlen(start);
	}
	*cursor = before;
	return NULL;
}

static bool parse_index(const char *text, size_t size, uint64_t *ret)
{
	char *end, again[24];

	*ret = strtoull(text, &end, 10);
	return snprintf(again, sizeof(again), "%" PRIu64, *ret) == (int)size &&
	       memcmp(again, text, size) == 0;
}

static bool parse_hashes(const char **cursor, const char *end, struct merkle_proof *path)
{
	const char *line;
	size_t size;

	while ((line = next_line(cursor, end, &size)) && size > 0)
		if (path->n == ARRAY_SIZE(path->hash) ||
		    base64_decode(line, size, path->hash[path->n++], MERKLE_HASH) != MERKLE_HASH)
			return false;
	return line;
}

static bool parse_proof(const char *proof, size_t size, struct parsed *ret)
{
	const char *cursor = proof + sizeof(PROOF_HEADER) - 1, *end = proof + size, *index;
	size_t index_size;

	if (size < sizeof(PROOF_HEADER) ||
	    memcmp(proof, PROOF_HEADER, sizeof(PROOF_HEADER) - 1) != 0)
		return false;
	ret->extra = next_value(&cursor, end, "extra ", &ret->extra_size);
	index = next_value(&cursor, end, "index ", &index_size);
	if (!index || !parse_index(index, index_size, &ret->path.index) ||
	    !parse_hashes(&cursor, end, &ret->path))
		return false;
	ret->note = cursor;
	ret->note_size = (size_t)(end - cursor);
	return true;
}

/*
 * The line that is proven: the one given, or what the proof carries, which its hash must confirm.
 */
static int get_line(const struct parsed *parsed, const char *entry, struct journal_proven *ret,
		    const char **ret_problem)
{
	ssize_t n;

	if (!entry && !parsed->extra) {
		*ret_problem = "the proof does not carry its entry";
		return -EBADMSG;
	}
	ret->line = entry ? strdup(entry) : calloc(1, SLUICE_JOURNAL_ENTRY_MAX + 1);
	if (!ret->line)
		return -ENOMEM;
	n = entry ? (ssize_t)strlen(entry)
		  : base64_decode(parsed->extra, parsed->extra_size, (uint8_t *)ret->line,
				  SLUICE_JOURNAL_ENTRY_MAX);
	if (n < 0) {
		*ret_problem = "the entry in the proof is not base64, or too long";
		return -EBADMSG;
	}
	ret->line_size = (size_t)n;
	return 0;
}

static int check_parsed(const struct parsed *parsed, struct merkle *hasher,
			const struct note_key *key, struct journal_proven *ret,
			const char **ret_problem)
{
	struct journal_checkpoint_info info = { 0 };
	struct journal_keys nobody = { 0 }; /* an entry is looked at, and they sign checkpoints */
	struct journal_look look = { 0 };
	int r = journal_checkpoint_read_note(key, parsed->note, parsed->note_size, &info,
					     ret_problem);

	if (r == 0)
		r = journal_look(hasher, &nobody, ret->line, ret->line_size, &look, ret_problem);
	if (r < 0)
		return r;
	if (look.is_checkpoint || look.entry.seq != parsed->path.index) {
		*ret_problem = "the entry is not the one of that number";
		return -EBADMSG;
	}
	r = merkle_check_proof(hasher, &parsed->path, info.size, look.hash, info.root);
	if (r == -EBADMSG)
		*ret_problem =
			"the entry, or a hash of its path, is not what the checkpoint signed";
	ret->seq = look.entry.seq;
	ret->size = info.size;
	ret->others = info.others;
	merkle_hex(info.root, ret->root);
	return r;
}

int journal_proof_check(const char *proof, size_t size, const char *vkey, const char *entry,
			struct journal_proven *ret, const char **ret_problem)
{
	struct journal_proven proven = { 0 };
	struct note_key *key = NULL;
	struct parsed parsed = { 0 };
	struct merkle hasher = { 0 };
	int r = note_key_parse(vkey, &key);

	*ret_problem = NULL;
	if (r < 0)
		return r;
	if (memchr(proof, '\0', size) || !parse_proof(proof, size, &parsed)) {
		*ret_problem = "the file is not a proof";
		r = -EBADMSG;
	}
	if (r == 0)
		r = get_line(&parsed, entry, &proven, ret_problem);
	if (r == 0)
		r = merkle_init(&hasher);
	if (r == 0)
		r = check_parsed(&parsed, &hasher, key, &proven, ret_problem);
	merkle_done(&hasher);
	note_key_free(key);
	if (r < 0)
		free(proven.line);
	else
		*ret = proven;
	return r;
}
