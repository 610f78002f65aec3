// SPDX-License-Identifier: Apache-2.0
/*
 * journal_parallel.c: see journal_parallel.h. A ring of pieces goes round: the caller's thread
 * reads one and finds out who signs behind it, some thread looks at its lines, the caller's thread
 * takes them in order. What is done in order costs one node hash a line, which is a fifth of all.
 */
#include "journal_parallel.h"

#include "base/cleanup.h"
#include "limits.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#define PIECE_BYTES (1U << 17) /* fits the processor's cache; a line is half of it at most */
#define JOBS_MAX    64

/*
 * One line that was looked at: only what it takes to say no to it, so that little is written for
 * each.
 */
struct seen {
	uint32_t start, size;
	struct journal_look look;
};

struct piece {
	char *bytes;
	size_t size;		  /* whole lines */
	struct journal_keys keys; /* who signs from its first line on, by the lines before */
	struct seen *seen;	  /* of the lines from the first on that are right by themselves */
	size_t n, room;
	bool complete; /* all lines are */
	bool looked_at;
	int error;
};

struct crew {
	struct journal_keys keys; /* behind what was read */
	struct piece pieces[2 * JOBS_MAX + 1];
	size_t ahead;			 /* pieces beside the oldest that was not taken */
	uint64_t filled, claimed, taken; /* pieces so far, see piece_at() */
	bool over;
	pthread_mutex_t lock;
	pthread_cond_t work, done;
	pthread_t threads[JOBS_MAX];
	unsigned int n_threads;
};

static struct piece *piece_at(struct crew *crew, uint64_t number)
{
	return &crew->pieces[number % (crew->ahead + 1)];
}

static struct seen *next_seen(struct piece *piece)
{
	size_t room = piece->room ? 2 * piece->room : 1024;
	struct seen *seen;

	if (piece->n < piece->room)
		return &piece->seen[piece->n];
	seen = realloc(piece->seen, room * sizeof(*seen));
	if (!seen)
		return NULL;
	piece->seen = seen;
	piece->room = room;
	return &piece->seen[piece->n];
}

/* Return: 0, also when a line is wrong: then the piece ends before it. */
static int look_at_lines(struct merkle *hasher, struct piece *piece)
{
	const char *at = piece->bytes, *end = at + piece->size, *lf, *problem = NULL;
	struct journal_keys keys = piece->keys;
	struct seen *seen;
	int r;

	piece->n = 0;
	for (; at < end; at = lf + 1, piece->n++) {
		lf = memchr(at, '\n', (size_t)(end - at));
		seen = next_seen(piece);
		if (!seen)
			return -ENOMEM;
		seen->start = (uint32_t)(at - piece->bytes);
		seen->size = (uint32_t)(lf - at);
		r = journal_look(hasher, &keys, at, seen->size, &seen->look, &problem);
		if (r == 0 && seen->look.is_checkpoint)
			journal_keys_checkpoint(&keys);
		else if (r == 0)
			r = journal_keys_entry(&keys, seen->look.entry.kind, at, seen->size,
					       &problem);
		if (r < 0)
			return r == -EBADMSG ? 0 : r;
	}
	piece->complete = true;
	return 0;
}

/* The next piece to look at, NULL: no more come. */
static struct piece *claim(struct crew *crew)
{
	struct piece *piece = NULL;

	pthread_mutex_lock(&crew->lock);
	while (!crew->over && crew->claimed == crew->filled)
		pthread_cond_wait(&crew->work, &crew->lock);
	if (!crew->over)
		piece = piece_at(crew, crew->claimed++);
	pthread_mutex_unlock(&crew->lock);
	return piece;
}

static void *look(void *arg)
{
	struct crew *crew = arg;
	struct merkle hasher;
	int ready = merkle_init(&hasher);
	struct piece *piece;

	while ((piece = claim(crew))) {
		piece->error = ready < 0 ? ready : look_at_lines(&hasher, piece);
		pthread_mutex_lock(&crew->lock);
		piece->looked_at = true;
		pthread_cond_signal(&crew->done);
		pthread_mutex_unlock(&crew->lock);
	}
	merkle_done(&hasher);
	return NULL;
}

/*
 * Who signs behind the lines of @piece. What is wrong with them is not said here: then nothing
 * behind them is taken.
 */
static void pass_keys(struct journal_keys *keys, const struct piece *piece)
{
	static const char start[] = JOURNAL_CHECKPOINT_START;
	const char *at = piece->bytes, *end = at + piece->size, *lf, *problem;

	for (; at < end; at = lf + 1) {
		size_t size;

		lf = memchr(at, '\n', (size_t)(end - at));
		size = (size_t)(lf - at);
		if (size >= sizeof(start) && memcmp(at, start, sizeof(start) - 1) == 0)
			journal_keys_checkpoint(keys);
		else
			journal_keys_entry(keys, journal_kind(at, size), at, size, &problem);
	}
}

/* Whole lines from @offset on: 1; 0: there is no complete line. */
static int fill(struct piece *piece, const struct journal_parallel *what, uint64_t offset,
		size_t room)
{
	size_t wanted = what->to - offset < room ? (size_t)(what->to - offset) : room;
	const char *lf;
	ssize_t n;
	int r = journal_stream_seek(what->stream, offset);

	if (r < 0)
		return r;
	n = journal_stream_read(what->stream, piece->bytes, wanted);
	if (n < 0)
		return (int)n;
	lf = memrchr(piece->bytes, '\n', (size_t)n);
	piece->size = lf ? (size_t)(lf + 1 - piece->bytes) : 0;
	piece->complete = piece->looked_at = false;
	return lf != NULL;
}

static void publish(struct crew *crew)
{
	pthread_mutex_lock(&crew->lock);
	crew->filled++;
	pthread_cond_signal(&crew->work);
	pthread_mutex_unlock(&crew->lock);
}

/* The oldest piece that was not taken, once it has been looked at. */
static struct piece *await(struct crew *crew)
{
	struct piece *piece = piece_at(crew, crew->taken);

	pthread_mutex_lock(&crew->lock);
	while (!piece->looked_at)
		pthread_cond_wait(&crew->done, &crew->lock);
	pthread_mutex_unlock(&crew->lock);
	return piece;
}

/*
 * Moves @offset behind what was taken. Return: 1: all of the piece; 0: up to a line that is wrong.
 */
static int take(struct piece *piece, struct journal_check *check, uint64_t *offset)
{
	const struct seen *seen = piece->seen, *last_entry = NULL;
	int r = piece->error;

	for (size_t i = 0; i < piece->n && r == 0; i++) {
		r = journal_check_take(check, &seen[i].look, piece->bytes + seen[i].start,
				       seen[i].size);
		if (r < 0)
			break;
		if (!seen[i].look.is_checkpoint && seen[i].look.entry.kind != JOURNAL_EPOCH_ENDS)
			last_entry = &seen[i];
		*offset += seen[i].size + 1;
	}
	if (last_entry)
		journal_check_keep(check, piece->bytes + last_entry->start, last_entry->size);
	if (r == -EBADMSG)
		return 0;
	return r < 0 ? r : piece->complete;
}

/* Reads ahead as far as the ring goes. Return: 0; negative errno. */
static int fill_ring(struct crew *crew, const struct journal_parallel *what, size_t room,
		     uint64_t *offset)
{
	struct piece *piece;
	int r;

	while (crew->filled - crew->taken <= crew->ahead && *offset < what->to) {
		piece = piece_at(crew, crew->filled);
		r = fill(piece, what, *offset, room);
		if (r <= 0)
			return r;
		*offset += piece->size;
		piece->keys = crew->keys;
		pass_keys(&crew->keys, piece);
		publish(crew);
	}
	return 0;
}

static int go_round(struct crew *crew, const struct journal_parallel *what, size_t room,
		    struct journal_check *check, uint64_t *ret_bytes)
{
	uint64_t read_to = what->from;
	int r = fill_ring(crew, what, room, &read_to);

	while (r == 0 && crew->taken < crew->filled) {
		r = take(await(crew), check, ret_bytes);
		if (r <= 0)
			return r;
		crew->taken++;
		if (what->progress)
			what->progress(what->ctx, check->entries, *ret_bytes);
		r = fill_ring(crew, what, room, &read_to);
	}
	return r;
}

static void dismiss(struct crew *crew)
{
	pthread_mutex_lock(&crew->lock);
	crew->over = true;
	pthread_cond_broadcast(&crew->work);
	pthread_mutex_unlock(&crew->lock);
	for (unsigned int i = 0; i < crew->n_threads; i++)
		pthread_join(crew->threads[i], NULL);
	for (size_t i = 0; i < ARRAY_SIZE(crew->pieces); i++) {
		free(crew->pieces[i].bytes);
		free(crew->pieces[i].seen);
	}
	pthread_mutex_destroy(&crew->lock);
	pthread_cond_destroy(&crew->work);
	pthread_cond_destroy(&crew->done);
}

/* Fewer threads than asked for are enough. */
static int hire(struct crew *crew, unsigned int jobs, size_t room)
{
	pthread_mutex_init(&crew->lock, NULL);
	pthread_cond_init(&crew->work, NULL);
	pthread_cond_init(&crew->done, NULL);
	crew->ahead = 2 * (size_t)jobs;
	for (size_t i = 0; i <= crew->ahead; i++) {
		crew->pieces[i].bytes = malloc(room);
		if (!crew->pieces[i].bytes)
			return -ENOMEM;
	}
	while (crew->n_threads < jobs &&
	       pthread_create(&crew->threads[crew->n_threads], NULL, look, crew) == 0)
		crew->n_threads++;
	return crew->n_threads ? 0 : -EAGAIN;
}

int journal_parallel(const struct journal_parallel *what, struct journal_check *check,
		     uint64_t *ret_bytes)
{
	_cleanup_free_ struct crew *crew = calloc(1, sizeof(*crew));
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned int jobs = what->jobs ? what->jobs : processors > 0 ? (unsigned int)processors : 1;
	size_t room = what->piece ? what->piece : PIECE_BYTES;
	int r;

	*ret_bytes = what->from;
	if (!crew)
		return -ENOMEM;
	crew->keys = check->keys;
	r = hire(crew, jobs < JOBS_MAX ? jobs : JOBS_MAX, room);
	if (r == 0)
		r = go_round(crew, what, room, check, ret_bytes);
	dismiss(crew);
	return r;
}
