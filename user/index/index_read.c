// SPDX-License-Identifier: Apache-2.0
/*
 * index_read.c: see index_read.h.
 */
#include "index_private.h"

#include "base/cleanup.h"
#include "journal/journal_checkpoint.h"
#include "limits.h"
#include "vault/reveal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

int index_fail(struct index_reading *reading, int error, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(reading->text, reading->text_size, format, ap);
	va_end(ap);
	return error;
}

/* Entry 0 names the host key. */
static int read_genesis(struct index_reading *reading)
{
	_cleanup_free_ char *line = NULL;
	uint8_t leaf[MERKLE_HASH];
	const char *vkey = NULL;
	json_auto_t *json = NULL;
	size_t room = 0;
	ssize_t n = getline(&line, &room, reading->journal);
	int r;

	if (n <= 0 || line[n - 1] != '\n')
		return index_fail(reading, -EBADMSG, "the journal has no entry 0");
	r = merkle_leaf(&reading->hasher, line, (size_t)n - 1, leaf);
	json = json_loadb(line, (size_t)n - 1, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	if (r == 0 && json_unpack(json, "{s:{s:s}}", "journal", "host_vkey", &vkey) < 0)
		r = -EBADMSG;
	if (r == 0)
		r = note_key_parse(vkey, &reading->key);
	if (r < 0)
		return index_fail(reading, r == -ENOMEM ? r : -EBADMSG,
				  "entry 0 of the journal names no host key");
	merkle_hex(leaf, reading->genesis);
	snprintf(reading->origin, sizeof(reading->origin), "%s", note_key_name(reading->key));
	return 0;
}

/*
 * What the index has is of this journal, and signed. Return: 0; -EUCLEAN: of no use; -EBADMSG: it is
 * more than the journal has now; -ENOMEM.
 */
static int check_place(struct index_reading *reading, uint8_t ret_root[MERKLE_HASH])
{
	struct index_file *file = &reading->file;
	struct journal_checkpoint_info info;
	const char *problem;
	int r;

	if (!file->place.note)
		return file->place.entries || index_tree_size(&file->tree) ? -EUCLEAN : 0;
	if (strcmp(file->place.genesis, reading->genesis) != 0)
		return -EUCLEAN;
	r = journal_checkpoint_read_note(reading->key, file->place.note, strlen(file->place.note),
					 &info, &problem);
	if (r == 0)
		r = index_tree_root(&file->tree, ret_root);
	if (r < 0)
		return r == -EBADMSG ? -EUCLEAN : r;
	if (info.size != index_tree_size(&file->tree) || info.size != file->place.entries ||
	    memcmp(info.root, ret_root, MERKLE_HASH) != 0)
		return -EUCLEAN;
	return file->place.bytes <= reading->length
		       ? 0
		       : index_fail(reading, -EBADMSG,
				    "the journal was cut: the host has signed %" PRIu64
				    " entries of it, as the index shows, and its file is shorter",
				    info.size);
}

static ssize_t read_some(void *ctx, char *bytes, size_t room)
{
	struct index_reading *reading = ctx;
	uint64_t left = reading->at < reading->length ? reading->length - reading->at : 0;
	ssize_t n = left ? journal_stream_read(&reading->stream, bytes, room < left ? room : left)
			 : 0;

	if (n < 0)
		errno = (int)-n;
	reading->at += n > 0 ? (uint64_t)n : 0;
	return n < 0 ? -1 : n;
}

static int seek_to(void *ctx, off64_t *place, int whence)
{
	struct index_reading *reading = ctx;
	uint64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? reading->at : reading->length;

	reading->at = base + (uint64_t)*place;
	*place = (off64_t)reading->at;
	return journal_stream_seek(&reading->stream, reading->at) < 0 ? -1 : 0;
}

/* Places count over all files, so that what is full stays where it is. */
static int open_journal(struct index_reading *reading, const char *path)
{
	static const cookie_io_functions_t io = { .read = read_some, .seek = seek_to };
	struct journal_stream *stream = &reading->stream;
	int r = journal_stream_open(path, stream);

	if (r < 0)
		return index_fail(reading, r, "%s", strerror(-r));
	if (!stream->regular || stream->files.n == 0)
		return index_fail(reading, -EOPNOTSUPP, "the journal is not a plain file");
	if (stream->whole > 0 || journal_stream_first(stream) > 0)
		return index_fail(reading, -EOPNOTSUPP, "older files of the journal are not here");
	reading->length = stream->bytes;
	reading->journal = fopencookie(reading, "r", io);
	return reading->journal ? 0 : -ENOMEM;
}

static int open_all(struct index_reading *reading, const char *path, const char *index)
{
	int r = merkle_init(&reading->hasher);

	if (r == 0)
		r = open_journal(reading, path);
	if (r == 0)
		r = read_genesis(reading);
	if (r < 0)
		return r;
	r = index_file_open(index, &reading->file);
	if (r == -EPERM)
		return index_fail(reading, r, "'%s' may be written by others than you", index);
	if (r == -EUCLEAN)
		return index_fail(reading, r, "'%s' is no whole index: remove it", index);
	return r < 0 ? index_fail(reading, r, "'%s': %s", index, strerror(-r)) : 0;
}

/* One question's answers. @leaves: of piece @chunk, which were checked */
struct proving {
	struct index_reading *reading;
	const struct journal_filter *filter;
	journal_entry_fn fn;
	void *ctx;
	uint64_t chunk;
	bool has_chunk;
	uint8_t leaves[INDEX_CHUNK][MERKLE_HASH];
};

static int prove_leaf(struct proving *proving, uint64_t seq, const uint8_t leaf[MERKLE_HASH])
{
	struct index_file *file = &proving->reading->file;
	uint64_t chunk = seq / INDEX_CHUNK;
	ssize_t n;
	int r;

	if (!proving->has_chunk || proving->chunk != chunk) {
		proving->has_chunk = false;
		n = index_file_leaves(file, chunk, proving->leaves);
		if (n < 0)
			return (int)n;
		r = index_tree_check(&file->tree, chunk, proving->leaves, (uint64_t)n);
		if (r < 0)
			return r == -EBADMSG ? -EUCLEAN : r;
		proving->chunk = chunk;
		proving->has_chunk = true;
	}
	return memcmp(proving->leaves[seq % INDEX_CHUNK], leaf, MERKLE_HASH) == 0 ? 0 : -EBADMSG;
}

/* The bytes at that place, whatever they are. */
static int read_line(struct index_reading *reading, const struct index_entry *entry, char *ret)
{
	size_t n;

	if (fseeko(reading->journal, (off_t)entry->offset, SEEK_SET) < 0)
		return -errno;
	n = fread(ret, 1, entry->size, reading->journal);
	if (n < entry->size && ferror(reading->journal))
		return -EIO;
	ret[n] = '\0';
	return n == entry->size ? 0 : -EBADMSG;
}

static int take_found(void *ctx, const struct index_entry *found)
{
	struct proving *proving = ctx;
	struct index_reading *reading = proving->reading;
	char line[SLUICE_JOURNAL_ENTRY_MAX + 1];
	struct journal_entry entry = { .seq = found->seq,
				       .origin = reading->origin,
				       .line = line,
				       .size = found->size,
				       .is_signed = true };
	uint8_t leaf[MERKLE_HASH];
	json_auto_t *json = NULL;
	int r;

	if (found->size > SLUICE_JOURNAL_ENTRY_MAX ||
	    found->seq >= index_tree_size(&reading->file.tree))
		return -EUCLEAN;
	r = read_line(reading, found, line);
	if (r == 0)
		r = merkle_leaf(&reading->hasher, line, found->size, leaf);
	if (r == 0)
		r = prove_leaf(proving, found->seq, leaf);
	if (r == -EBADMSG)
		return index_fail(reading, r, "entry %" PRIu64 " is not the one that was signed",
				  found->seq);
	if (r < 0)
		return r;
	/* for what the index does not know, which is the message */
	if (!proving->filter->late && !journal_filter_may_want(proving->filter, line, found->size))
		return 0;
	json = json_loadb(line, found->size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	if (json && proving->filter->reveal)
		reveal_json(proving->filter->reveal, json);
	if (!json || !journal_filter_wants(proving->filter, json))
		return 0;
	entry.json = json;
	return proving->fn(proving->ctx, &entry);
}

/* An index that is of no use is made anew, once. */
static int bring_up(struct index_reading *reading, struct index_read_result *ret)
{
	uint8_t root[MERKLE_HASH];
	int r = check_place(reading, root);

	if (r == 0)
		r = index_follow(reading, &ret->added);
	if (r == -EUCLEAN) {
		ret->rebuilt = true;
		r = index_file_clear(&reading->file);
		if (r == 0)
			r = index_follow(reading, &ret->added);
	}
	if (r == 0)
		r = check_place(reading, root);
	if (r < 0)
		return r;
	ret->size = reading->file.place.entries;
	if (!ret->size)
		return index_fail(reading, -EOPNOTSUPP, "the host key has signed nothing yet");
	merkle_hex(root, ret->root);
	return 0;
}

static int find(struct index_reading *reading, const struct journal_filter *filter,
		journal_entry_fn fn, void *ctx)
{
	_cleanup_free_ struct proving *proving = calloc(1, sizeof(*proving));

	if (!proving)
		return -ENOMEM;
	proving->reading = reading;
	proving->filter = filter;
	proving->fn = fn;
	proving->ctx = ctx;
	return index_file_find(&reading->file, filter, take_found, proving);
}

int index_read(const char *path, const char *index, const struct journal_filter *filter,
	       journal_entry_fn fn, void *ctx, struct index_read_result *ret, char *text,
	       size_t size)
{
	struct index_reading reading = { .text = text, .text_size = size };
	int r;

	journal_stream_of(-1, &reading.stream);
	*ret = (struct index_read_result){ 0 };
	text[0] = '\0';
	if (!index_file_answers(filter))
		return index_fail(&reading, -EOPNOTSUPP, "messages are in no index");
	r = open_all(&reading, path, index);
	if (r == 0)
		r = bring_up(&reading, ret);
	if (r == 0)
		r = find(&reading, filter, fn, ctx);
	if (r < 0 && !text[0])
		snprintf(text, size, "'%s': %s", index,
			 r == -EUCLEAN ? "the index is damaged: remove it" : strerror(-r));
	index_file_close(&reading.file);
	if (reading.journal)
		fclose(reading.journal);
	journal_stream_done(&reading.stream);
	note_key_free(reading.key);
	merkle_done(&reading.hasher);
	return r;
}
