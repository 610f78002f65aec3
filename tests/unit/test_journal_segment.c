// SPDX-License-Identifier: Apache-2.0
/*
 * test_journal_segment.c: a journal of several files: each is taken up by its state and by nothing
 * else, each crash between two of them loses nothing, and all of them together are one journal.
 */
#include "journal_fixture.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/wait.h>

#include "journal/journal_proof.h"
#include "journal/journal_read.h"
#include "journal/journal_verify.h"
#include "journal/journal_writer.h"

#define PER_FILE 40
#define MOST	 4096

/* An owner that knows what was begun ("in") and not ended ("out"), by the message. */
struct memory {
	char known[MOST];
	uint64_t n_in, n_replayed, first_replayed;
};

static int index_of(const char *line)
{
	const char *at = strstr(line, "\"message\":\"");

	return at ? atoi(at + 11) : 0;
}

static int on_replay(void *ctx, uint64_t seq, json_t *entry)
{
	const char *type = json_string_value(json_object_get(entry, "type"));
	const char *text = json_string_value(json_object_get(entry, "message"));
	struct memory *memory = ctx;

	if (memory->n_replayed++ == 0)
		memory->first_replayed = seq;
	if (!strcmp(type, "in")) {
		memory->known[atoi(text)] = 1;
		memory->n_in++;
	} else if (!strcmp(type, "out")) {
		memory->known[atoi(text)] = 0;
	}
	return 0;
}

static json_t *on_facts(void *ctx)
{
	const struct memory *memory = ctx;

	return json_pack("{s:I}", "n_in", (json_int_t)memory->n_in);
}

static void on_recall(void *ctx, const json_t *facts)
{
	struct memory *memory = ctx;

	memory->n_in = (uint64_t)json_integer_value(json_object_get(facts, "n_in"));
}

static bool on_stands(void *ctx, uint64_t seq, const char *line, size_t size)
{
	const struct memory *memory = ctx;
	char text[512];

	(void)seq;
	snprintf(text, sizeof(text), "%.*s", (int)size, line);
	return strstr(text, "\"type\":\"in\"") && memory->known[index_of(text)];
}

static struct journal *open_with(struct fixture *f, struct memory *memory)
{
	const struct journal_memory hooks = { .replay = on_replay,
					      .facts = on_facts,
					      .stands = on_stands,
					      .recall = on_recall,
					      .ctx = memory };
	struct journal *journal = NULL;
	int r = journal_open(f->path, f->key, ORIGIN, &hooks, &journal, &f->recovery, f->error,
			     sizeof(f->error));

	if (r < 0)
		fail_msg("journal_open: %d: %s", r, f->error);
	return journal;
}

static void add(struct journal *journal, struct memory *memory, const char *type, int number)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", number);
	fixture_add(journal, type, text);
	if (!strcmp(type, "in")) {
		memory->known[number] = 1;
		memory->n_in++;
	} else {
		memory->known[number] = 0;
	}
}

/* Numbers from @from on; each that can be divided by 10 stays. */
static void add_some(struct journal *journal, struct memory *memory, int from)
{
	for (int i = from; i < from + PER_FILE; i++) {
		add(journal, memory, "in", i);
		if (i % 10)
			add(journal, memory, "out", i);
		if (i % 7 == 0)
			assert_int_equal(journal_commit(journal), 0);
		if (i % 13 == 0)
			assert_int_equal(journal_rotate(journal, false), 0);
	}
	assert_int_equal(journal_commit(journal), 0);
}

/* @files of them, the last one written to as well; the writer ends by itself. */
static void make_files(struct fixture *f, struct memory *memory, int files)
{
	struct journal *journal = open_with(f, memory);

	for (int i = 0; i < files; i++) {
		add_some(journal, memory, 1 + i * PER_FILE);
		if (i + 1 < files)
			assert_int_equal(journal_begin_file(journal), 0);
	}
	fixture_add(journal, "agent.stop", "0");
	journal_close(journal);
}

static char *full_path(const struct fixture *f, size_t number)
{
	struct journal_segments full;
	char *path;

	assert_int_equal(journal_segments_find(f->path, UINT64_MAX, "", &full), 0);
	assert_in_range(number, 0, full.n - 1);
	path = strdup(full.list[number].path);
	journal_segments_done(&full);
	return path;
}

static size_t count_files(const struct fixture *f, const char *end)
{
	struct journal_segments found;
	size_t n;

	assert_int_equal(journal_segments_find(f->path, UINT64_MAX, end, &found), 0);
	n = found.n;
	journal_segments_done(&found);
	return n;
}

static struct journal_verify_result verify(const struct fixture *f,
					   const struct journal_verify_options *options)
{
	struct journal_verify_options all =
		options ? *options : (struct journal_verify_options){ 0 };
	struct journal_verify_result result, parallel;

	all.hash_files = true;
	all.unparsed = true;
	assert_int_equal(journal_verify(f->path, &all, &result), 0);
	all.jobs = 2;
	all.piece = 1 << 17;
	assert_int_equal(journal_verify(f->path, &all, &parallel), 0);
	if (strcmp(result.problem, parallel.problem) != 0)
		fail_msg("%s; and in parallel: %s", result.problem, parallel.problem);
	assert_int_equal(result.status, parallel.status);
	assert_string_equal(result.root, parallel.root);
	return result;
}

static void assert_verdict(const struct fixture *f, enum journal_status status)
{
	struct journal_verify_result result = verify(f, NULL);

	if (result.status != status)
		fail_msg("%s: %s", journal_status_name(result.status), result.problem);
}

static void assert_known(const struct memory *memory, int numbers)
{
	for (int i = 1; i <= numbers; i++)
		assert_int_equal(memory->known[i], i % 10 == 0);
}

static void test_goes_on(void **state)
{
	struct fixture *f = *state;
	struct memory memory = { 0 }, again = { 0 };
	struct journal *journal;
	struct journal_verify_result result;
	uint64_t size, durable, first;
	char root[65], *path;

	make_files(f, &memory, 4);
	assert_int_equal(count_files(f, ""), 3);
	assert_int_equal(count_files(f, JOURNAL_STATE_END), 1);
	result = verify(f, NULL);
	if (result.status != JOURNAL_OK)
		fail_msg("%s", result.problem);
	assert_int_equal(result.files, 4);
	assert_true(result.clean);
	journal = open_with(f, &again);
	assert_int_equal(journal_size(journal), result.entries);
	assert_string_equal(journal_root(journal), result.root);
	assert_string_equal(journal_genesis(journal), result.genesis);
	assert_true(f->recovery.clean);
	/* Of three files only what stays was read. */
	path = state_path(f);
	first = strtoull(strstr(path, "journal.0") + 8, NULL, 10);
	free(path);
	assert_int_equal(again.n_replayed, 3 * PER_FILE / 10 + result.entries - first);
	assert_known(&again, 4 * PER_FILE);
	assert_int_equal(again.n_in, memory.n_in);
	size = journal_size(journal);
	durable = journal_durable(journal);
	snprintf(root, sizeof(root), "%s", journal_root(journal));
	/* Looking changes nothing, and nothing was written since that could hand over. */
	assert_int_equal(journal_begin_file(journal), -EAGAIN);
	journal_close(journal);
	journal = open_with(f, &again);
	assert_int_equal(journal_size(journal), size);
	assert_int_equal(journal_durable(journal), durable);
	assert_string_equal(journal_root(journal), root);
	journal_close(journal);
}

/* All files behind each other are a journal like any other, to the byte. */
static void test_one_stream(void **state)
{
	struct fixture *f = *state;
	struct memory memory = { 0 };
	struct bytes all = { 0 };
	struct journal_verify_result result, one;
	char *path;

	make_files(f, &memory, 3);
	result = verify(f, NULL);
	for (size_t i = 0; i < 3; i++) {
		struct bytes part;

		path = i < 2 ? full_path(f, i) : strdup(f->path);
		part = file_load(path);
		all.at = realloc(all.at, all.size + part.size);
		memcpy(all.at + all.size, part.at, part.size);
		all.size += part.size;
		free(part.at);
		free(path);
	}
	file_store(f->torn, all.at, all.size);
	free(all.at);
	assert_int_equal(journal_verify(f->torn, NULL, &one), 0);
	assert_int_equal(one.status, JOURNAL_OK);
	assert_string_equal(one.root, result.root);
	assert_int_equal(one.files, 3);
}

static void test_full(void **state)
{
	struct fixture *f = *state;
	struct memory memory = { 0 };
	struct journal *journal = open_with(f, &memory);
	struct stat st;

	assert_false(journal_is_full(journal, 0, 0));
	assert_false(journal_is_full(journal, 0, 60000));
	assert_false(journal_is_full(journal, 1 << 20, 0));
	assert_true(journal_is_full(journal, 100, 0));
	usleep(5000);
	assert_true(journal_is_full(journal, 0, 1));
	journal->time += 120000; /* begun by a clock that was set back since */
	assert_true(journal_is_full(journal, 0, 60000));
	assert_false(journal_is_full(journal, 0, 180000));
	assert_int_equal(chmod(f->path, 0640), 0);
	add_some(journal, &memory, 1);
	assert_int_equal(journal_begin_file(journal), 0);
	assert_false(journal_is_full(journal, 1 << 20, 60000));
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	/* What nobody but the writer says. */
	assert_int_equal(journal_add(journal, json_pack("{s:s}", "type", "journal.segment"), NULL),
			 -EINVAL);
	journal_close(journal);
}

/* Each byte of each full file: all are part of what was signed. */
static void test_mutation(void **state)
{
	struct fixture *f = *state;
	struct memory memory = { 0 };
	struct bytes whole;
	char *path;

	make_files(f, &memory, 3);
	for (size_t number = 0; number < 2; number++) {
		path = full_path(f, number);
		whole = file_load(path);
		for (size_t at = 3; at < whole.size; at += number ? 211 : 97) {
			struct journal_verify_result result;

			whole.at[at] ^= 1;
			file_store(path, whole.at, whole.size);
			result = verify(f, NULL);
			if (result.status != JOURNAL_TAMPERED)
				fail_msg("byte %zu of file %zu: %s", at, number,
					 journal_status_name(result.status));
			if (!strstr(result.problem, "journal.0000"))
				fail_msg("byte %zu of file %zu: %s", at, number, result.problem);
			whole.at[at] ^= 1;
		}
		/* Cut at its end, by one line, by one byte; or with a line more. */
		file_store(path, whole.at, whole.size - 1);
		assert_verdict(f, JOURNAL_TAMPERED);
		file_store(path, whole.at, whole.size);
		assert_verdict(f, JOURNAL_OK);
		free(whole.at);
		free(path);
	}
}

/* A checkpoint out of the middle is not missed by the chain, but by the file's size. */
static void test_lines_taken_out(void **state)
{
	struct fixture *f = *state;
	struct memory memory = { 0 };
	struct journal_verify_result result;
	struct bytes whole, line;
	char *path, *at;

	make_files(f, &memory, 2);
	path = full_path(f, 0);
	whole = file_load(path);
	at = strstr(whole.at, "\n{\"checkpoint\"") + 1;
	at = strstr(at, "\n{\"checkpoint\"") + 1;
	line = (struct bytes){ at, (size_t)(strchr(at, '\n') + 1 - at) };
	memmove(line.at, line.at + line.size,
		whole.size - (size_t)(line.at - whole.at) - line.size);
	file_store(path, whole.at, whole.size - line.size);
	result = verify(f, NULL);
	assert_int_equal(result.status, JOURNAL_TAMPERED);
	free(whole.at);
	free(path);
}

static void test_missing_file(void **state)
{
	struct fixture *f = *state;
	struct memory memory = { 0 }, again = { 0 };
	struct journal_verify_options options = { 0 };
	struct journal_verify_result result, whole;
	char *path, *moved;
	struct journal *journal;

	make_files(f, &memory, 4);
	whole = verify(f, NULL);
	/* one between */
	path = full_path(f, 1);
	assert_true(asprintf(&moved, "%s/elsewhere", f->folder) > 0);
	assert_int_equal(rename(path, moved), 0);
	result = verify(f, NULL);
	assert_int_equal(result.status, JOURNAL_INCOMPLETE);
	assert_non_null(strstr(result.problem, strrchr(path, '/') + 1));
	options.from_oldest = true;
	assert_int_equal(verify(f, &options).status, JOURNAL_INCOMPLETE);
	options.elsewhere = true;
	result = verify(f, &options);
	assert_int_equal(result.status, JOURNAL_OK);
	assert_string_equal(result.root, whole.root);
	assert_string_equal(result.genesis, whole.genesis);
	assert_int_equal(result.files, 2);
	assert_true(result.from > 0);
	assert_int_equal(result.entries, whole.entries);
	/* A genesis is what the file says; the key that signs is what counts. */
	options.genesis = whole.root;
	assert_int_equal(verify(f, &options).status, JOURNAL_TAMPERED);
	options.genesis = whole.genesis;
	assert_int_equal(verify(f, &options).status, JOURNAL_OK);
	assert_false(verify(f, &options).pinned);
	options.vkey = whole.signer;
	assert_true(verify(f, &options).pinned);
	options.vkey = "host42.example.com/journal+00000000+"
		       "AXn0Uv1Xcv2Q0wcfqfxDZNDxvJFYMLBrkzxX6KPBqzCI";
	assert_int_equal(verify(f, &options).status, JOURNAL_TAMPERED);
	options = (struct journal_verify_options){ .from_oldest = true };
	/* the first ones */
	assert_int_equal(rename(moved, path), 0);
	free(path);
	path = full_path(f, 0);
	assert_int_equal(rename(path, moved), 0);
	assert_int_equal(verify(f, NULL).status, JOURNAL_INCOMPLETE);
	assert_int_equal(verify(f, &options).status, JOURNAL_OK);
	/* The writer does not need them. */
	journal = open_with(f, &again);
	assert_known(&again, 4 * PER_FILE);
	journal_close(journal);
	free(path);
	free(moved);
}

/* One that says of the past what it likes needs the host key. */
static void test_forged_begin(void **state)
{
	struct fixture *f = *state;
	struct memory memory = { 0 };
	const struct journal_verify_options options = { .from_oldest = true };
	struct bytes whole;
	char *path, *edge;

	make_files(f, &memory, 2);
	path = full_path(f, 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(verify(f, &options).status, JOURNAL_OK);
	whole = file_load(f->path);
	edge = strstr(whole.at, "\"edge\":[\"") + 9;
	edge[0] = edge[0] == '0' ? '1' : '0';
	file_store(f->path, whole.at, whole.size);
	assert_int_equal(verify(f, &options).status, JOURNAL_TAMPERED);
	assert_int_equal(fixture_refuse(f), -EBADMSG);
	free(whole.at);
	free(path);
}

static void test_state_lost(void **state)
{
	struct fixture *f = *state;
	struct memory memory = { 0 }, again = { 0 }, third = { 0 };
	struct journal_verify_result result;
	struct journal *journal;
	char *path, *first;

	make_files(f, &memory, 3);
	result = verify(f, NULL);
	path = state_path(f);
	assert_int_equal(unlink(path), 0);
	journal = open_with(f, &again);
	assert_int_equal(again.n_replayed, result.entries);
	assert_known(&again, 3 * PER_FILE);
	assert_int_equal(again.n_in, memory.n_in);
	/* The next state comes from all files, too. */
	add_some(journal, &again, 1 + 3 * PER_FILE);
	assert_int_equal(journal_begin_file(journal), 0);
	journal_close(journal);
	assert_verdict(f, JOURNAL_OK);
	free(path);
	path = state_path(f);
	journal = open_with(f, &third);
	assert_true(third.n_replayed < 4 * PER_FILE);
	assert_known(&third, 4 * PER_FILE);
	assert_int_equal(third.n_in, again.n_in);
	journal_close(journal);
	/* Without it and without the first file nothing is begun, and nothing is written. */
	first = full_path(f, 0);
	assert_int_equal(unlink(first), 0);
	journal = open_with(f, &third);
	journal_close(journal);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(fixture_refuse(f), -ENOENT);
	assert_non_null(strstr(f->error, strrchr(first, '/') + 1));
	free(first);
	free(path);
}

static void test_state_tampered(void **state)
{
	struct fixture *f = *state;
	struct memory memory = { 0 };
	struct bytes whole;
	char *path, *end;

	make_files(f, &memory, 3);
	path = state_path(f);
	whole = file_load(path);
	for (size_t at = 0; at < whole.size; at += 31) {
		struct memory again = { 0 };
		struct journal *journal;

		whole.at[at] ^= 1;
		file_store(path, whole.at, whole.size);
		journal = open_with(f, &again);
		assert_known(&again, 3 * PER_FILE);
		assert_int_equal(again.first_replayed, 0);
		journal_close(journal);
		whole.at[at] ^= 1;
	}
	/* a line less: something would be forgotten */
	end = memrchr(whole.at, '\n', whole.size - 1);
	file_store(path, whole.at, (size_t)(end + 1 - whole.at));
	for (int i = 0; i < 2; i++) {
		struct memory again = { 0 };
		struct journal *journal = open_with(f, &again);

		assert_int_equal(again.first_replayed, 0);
		assert_known(&again, 3 * PER_FILE);
		journal_close(journal);
		file_store(path, whole.at, whole.size - 1); /* cut */
	}
	free(whole.at);
	free(path);
}

/* A copy of the folder as it is now. */
static void copy_folder(const struct fixture *f, const char *to)
{
	char command[512];

	snprintf(command, sizeof(command), "rm -rf %s && cp -a %s %s", to, f->folder, to);
	assert_int_equal(system(command), 0);
}

/*
 * The folder as a crash leaves it behind each step. @now: behind the last one. The files of before
 * are made from it.
 */
enum step {
	STATE_HALF,
	STATE_DONE,
	NEXT_MADE,
	SECOND_NAME,
	NAMES_CHANGED,
	FIRST_HALF,
	FIRST_UNSIGNED,
	FIRST_DONE,
	STEPS
};

static void store_at(const struct fixture *f, const char *end, const char *at, size_t size)
{
	char path[160];

	snprintf(path, sizeof(path), "%s%s", f->path, end);
	file_store(path, at, size);
}

static void make_step(const struct fixture *f, enum step step)
{
	char *full = full_path(f, 1), *state = state_path(f), *end;
	struct bytes new = file_load(f->path), known = file_load(state);

	switch (step) {
	case STATE_HALF:
		assert_int_equal(rename(full, f->path), 0);
		assert_int_equal(unlink(state), 0);
		store_at(f, ".state.new", known.at, known.size / 2);
		break;
	case STATE_DONE:
		assert_int_equal(rename(full, f->path), 0);
		break;
	case NEXT_MADE:
		assert_int_equal(rename(full, f->path), 0);
		store_at(f, ".next", "", 0);
		break;
	case SECOND_NAME:
		assert_int_equal(unlink(f->path), 0);
		assert_int_equal(link(full, f->path), 0);
		store_at(f, ".next", "", 0);
		break;
	case NAMES_CHANGED:
		file_store(f->path, "", 0);
		break;
	case FIRST_HALF:
		file_store(f->path, new.at, 100);
		break;
	case FIRST_UNSIGNED:
		end = strstr(new.at, "\n{\"checkpoint\"");
		file_store(f->path, new.at, (size_t)(end + 40 - new.at));
		break;
	default:
		break;
	}
	free(new.at);
	free(known.at);
	free(full);
	free(state);
}

static void test_crash(void **state)
{
	struct fixture *f = *state;
	struct memory memory = { 0 };
	struct journal *journal = open_with(f, &memory);
	struct bytes before;
	char copy[128], old_state[160], *path;
	uint64_t size, begun;

	/* A file behind it already, so that there is a state of before, too. */
	add_some(journal, &memory, 1);
	assert_int_equal(journal_begin_file(journal), 0);
	add_some(journal, &memory, 1 + PER_FILE);
	path = state_path(f);
	before = file_load(path);
	snprintf(old_state, sizeof(old_state), "%s", path);
	free(path);
	size = journal_size(journal);
	assert_int_equal(journal_begin_file(journal), 0);
	begun = journal_size(journal);
	assert_int_equal(begun, size + 2);
	snprintf(copy, sizeof(copy), "%s.copy", f->folder);
	copy_folder(f, copy);
	journal_close(journal);
	for (enum step step = 0; step < STEPS; step++) {
		struct memory again = { 0 };
		struct journal_verify_result result;
		char command[512];

		snprintf(command, sizeof(command), "rm -rf %s && cp -a %s %s", f->folder, copy,
			 f->folder);
		assert_int_equal(system(command), 0);
		make_step(f, step);
		file_store(old_state, before.at, before.size); /* it is removed last */
		result = verify(f, NULL);
		if (step < FIRST_HALF && result.status != JOURNAL_OK)
			fail_msg("step %d: %s", (int)step, result.problem);
		journal = open_with(f, &again);
		if (journal_size(journal) != (step == FIRST_DONE ? begun : size))
			fail_msg("step %d: %" PRIu64 " entries", (int)step, journal_size(journal));
		assert_known(&again, 2 * PER_FILE);
		assert_int_equal(again.n_in, memory.n_in);
		assert_int_equal(f->recovery.torn_bytes > 0,
				 step == FIRST_HALF || step == FIRST_UNSIGNED);
		assert_int_equal(count_files(f, ""), step == FIRST_DONE ? 2 : 1);
		/* It goes on, into another file as well. */
		add_some(journal, &again, 1 + 2 * PER_FILE);
		assert_int_equal(journal_begin_file(journal), 0);
		add_some(journal, &again, 1 + 3 * PER_FILE);
		journal_close(journal);
		assert_int_equal(count_files(f, JOURNAL_STATE_END), 1);
		result = verify(f, NULL);
		/* The key of the epoch was lost: a crash. */
		if (result.status != JOURNAL_BREAK)
			fail_msg("step %d: %s: %s", (int)step, journal_status_name(result.status),
				 result.problem);
	}
	free(before.at);
	assert_int_equal(system("rm -rf /dev/shm/sluice-journal-*.copy"), 0);
}

/* A writer that is killed anywhere, again and again. */
static void test_killed(void **state)
{
	struct fixture *f = *state;

	for (int round = 0; round < 30; round++) {
		struct journal_verify_result result;
		struct memory memory = { 0 };
		struct journal *journal;
		int status, turns[2];
		char byte;
		pid_t child;

		assert_int_equal(pipe(turns), 0);
		child = fork();
		if (child == 0) {
			journal = open_with(f, &memory);
			for (;;) {
				add(journal, &memory, "in", 1);
				journal_rotate(journal, false);
				journal_begin_file(journal);
				if (write(turns[1], "", 1) != 1)
					_exit(1);
			}
		}
		for (int i = 0; i <= round % 4; i++)
			assert_int_equal(read(turns[0], &byte, 1), 1);
		usleep((useconds_t)(round * 97 % 1000));
		kill(child, SIGKILL);
		close(turns[0]);
		close(turns[1]);
		assert_int_equal(waitpid(child, &status, 0), child);
		memset(&memory, 0, sizeof(memory));
		journal = open_with(f, &memory);
		if (journal_size(journal) > 4)
			assert_true(memory.known[1]);
		journal_close(journal);
		result = verify(f, NULL);
		if (result.status != JOURNAL_OK && result.status != JOURNAL_BREAK)
			fail_msg("round %d: %s: %s", round, journal_status_name(result.status),
				 result.problem);
	}
	assert_true(count_files(f, "") > 10);
}

/* An old copy, signed by the host key as it is, beside the full file that it became. */
static void test_old_copy(void **state)
{
	struct fixture *f = *state;
	struct memory memory = { 0 };
	struct bytes old;
	struct journal *journal;
	char *path;

	make_files(f, &memory, 2);
	old = file_load(f->path);
	journal = open_with(f, &memory);
	add_some(journal, &memory, 1);
	assert_int_equal(journal_begin_file(journal), 0);
	journal_close(journal);
	path = full_path(f, 1);
	file_store(f->path, old.at, old.size);
	assert_int_equal(fixture_refuse(f), -EBADMSG);
	assert_non_null(strstr(f->error, "old copy"));
	free(path);
	free(old.at);
}

static void test_file_gone(void **state)
{
	struct fixture *f = *state;
	struct memory memory = { 0 };

	make_files(f, &memory, 2);
	assert_int_equal(unlink(f->path), 0);
	assert_int_equal(fixture_refuse(f), -ENOENT);
	assert_non_null(strstr(f->error, "older files"));
	assert_int_equal(access(f->path, F_OK), -1);
}

static int count_entry(void *ctx, const struct journal_entry *entry)
{
	uint64_t *next = ctx;

	assert_int_equal(entry->seq, *next);
	++*next;
	return 0;
}

static void test_read(void **state)
{
	struct fixture *f = *state;
	struct memory memory = { 0 };
	struct journal_verify_result result;
	uint64_t next = 0;
	char *path;

	make_files(f, &memory, 3);
	assert_int_equal(journal_read(f->path, NULL, NULL, count_entry, &next, &result), 0);
	assert_int_equal(result.status, JOURNAL_OK);
	assert_int_equal(next, result.entries);
	path = full_path(f, 0);
	assert_int_equal(unlink(path), 0);
	free(path);
	path = full_path(f, 0);
	next = strtoull(strrchr(path, '.') + 1, NULL, 10);
	free(path);
	assert_int_equal(journal_read(f->path, NULL, NULL, count_entry, &next, &result), 0);
	assert_int_equal(result.status, JOURNAL_OK);
	assert_int_equal(next, result.entries);
}

/* What somebody follows goes on in the next file, with nothing lost and nothing twice. */
struct following {
	struct journal *journal;
	struct memory memory;
	uint64_t next;
	int turns;
};

static int follow_entry(void *ctx, const struct journal_entry *entry)
{
	struct following *following = ctx;

	return count_entry(&following->next, entry);
}

static bool follow_wait(void *ctx)
{
	struct following *following = ctx;

	if (following->turns == 12)
		return false;
	following->turns++;
	add_some(following->journal, &following->memory, 1 + following->turns * PER_FILE);
	if (following->turns % 3)
		assert_int_equal(journal_begin_file(following->journal), 0);
	if (following->turns % 4 == 0) {
		add_some(following->journal, &following->memory, 1);
		assert_int_equal(journal_begin_file(following->journal), 0);
	}
	return true;
}

static void test_follow(void **state)
{
	struct fixture *f = *state;
	struct following following = { .next = 0 };
	const struct journal_verify_options options = { .wait = follow_wait, .ctx = &following };
	struct journal_verify_result result;

	following.journal = open_with(f, &following.memory);
	assert_int_equal(journal_read(f->path, NULL, &options, follow_entry, &following, &result),
			 0);
	assert_int_equal(result.status, JOURNAL_OK);
	assert_int_equal(following.next, journal_size(following.journal));
	assert_int_equal(result.files, count_files(f, "") + 1);
	journal_close(following.journal);
}

static void test_prove(void **state)
{
	struct fixture *f = *state;
	struct memory memory = { 0 };
	struct journal_verify_result result;
	char *path;

	make_files(f, &memory, 3);
	for (int cut = 0; cut < 2; cut++) {
		for (uint64_t seq = 0; seq < 200; seq += 7) {
			struct journal_proven proven;
			const char *problem;
			char *proof = NULL;
			int r = journal_prove(f->path, seq, &proof, &result);

			if (seq < result.from) {
				assert_int_equal(r, -ERANGE);
				continue;
			}
			assert_int_equal(r, 0);
			assert_int_equal(journal_proof_check(proof, strlen(proof), result.vkey,
							     NULL, &proven, &problem),
					 0);
			assert_int_equal(proven.seq, seq);
			free(proven.line);
			free(proof);
		}
		if (cut)
			break;
		path = full_path(f, 0);
		assert_int_equal(unlink(path), 0);
		free(path);
	}
	assert_true(result.from > 0);
}

/* As those see it that follow the writer: bytes from entry 0 on. */
static void test_parts(void **state)
{
	struct fixture *f = *state;
	struct memory memory = { 0 };
	struct journal *journal;
	struct journal_part part;
	char *all, *path;
	uint64_t at, size;
	ssize_t n;

	make_files(f, &memory, 4);
	journal = open_with(f, &memory);
	size = journal_durable(journal);
	all = malloc(size);
	for (at = 0; at < size; at += (uint64_t)n) {
		n = journal_read_at(journal, all + at, 3000, at);
		assert_true(n > 0);
	}
	assert_int_equal(journal_part(journal, 0, &part), 0);
	for (size_t i = 0; i < 4; i++) {
		struct bytes file;

		path = i < 3 ? full_path(f, i) : strdup(f->path);
		file = file_load(path);
		assert_int_equal(part.to - part.from, file.size);
		assert_memory_equal(file.at, all + part.from, file.size);
		assert_int_equal(part.written, i == 3);
		assert_int_equal(journal_part(journal, part.to, &part), 0);
		free(file.at);
		free(path);
	}
	journal_close(journal);
	path = full_path(f, 1);
	assert_int_equal(unlink(path), 0);
	free(path);
	journal = open_with(f, &memory);
	assert_int_equal(journal_read_at(journal, all, 100, 0), -ENODATA);
	assert_int_equal(journal_part(journal, 0, &part), 0);
	assert_true(part.from > 0);
	assert_int_equal(journal_read_at(journal, all, 7, part.from), 7);
	assert_memory_equal(all, "{\"seq\":", 7);
	assert_int_equal(journal_durable(journal), size);
	journal_close(journal);
	free(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_goes_on, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_one_stream, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_full, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_mutation, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_lines_taken_out, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(test_missing_file, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_forged_begin, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_state_lost, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_state_tampered, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(test_crash, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_killed, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_old_copy, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_file_gone, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_read, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_follow, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_prove, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_parts, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
