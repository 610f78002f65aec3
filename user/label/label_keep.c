// SPDX-License-Identifier: Apache-2.0
/*
 * label_keep.c: see label_keep.h.
 */
#include "label_keep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "event/record.h"
#include "kernel/kernel.h"
#include "label.h"
#include "label_table.h"

#define AT_ONCE	    8192 /* objects of one commit */
#define TURNS	    4	 /* commits of one heartbeat */
#define RETRY_TICKS 5	 /* between attempts while the disk is full */

struct label_keep {
	struct label_table *table;
	uint64_t unnoted; /* of the kernel's counter, when the map was last walked */
	unsigned int wait;
	bool broken;
};

int label_keep_new(const char *folder, struct label_keep **ret, char *text, size_t size)
{
	struct label_keep *keep = calloc(1, sizeof(*keep));
	int err = keep ? label_table_open(folder, &keep->table, text, size) : -ENOMEM;

	if (err) {
		free(keep);
		return err;
	}
	*ret = keep;
	return 0;
}

struct label_keep *label_keep_free(struct label_keep *keep)
{
	if (keep)
		label_table_free(keep->table);
	free(keep);
	return NULL;
}

/* Where the kernel has not met the file system in this boot, the table has. */
static int uuid_of(struct agent *agent, uint32_t number, uint64_t ret[2])
{
	struct sluice_filesystem fs;

	if (kernel_filesystem_get(agent->kernel, number, &fs))
		return label_table_uuid(agent->keep->table, number, ret);
	memcpy(ret, fs.uuid, sizeof(fs.uuid));
	return 0;
}

/* What the kernel says of @id now goes into the table. */
static int keep_one(struct agent *agent, const struct sluice_object_id *id)
{
	struct sluice_object object = {};
	struct label_row row = { .id = *id };
	int err = kernel_object_get(agent->kernel, id, &object);

	if (err && err != -ENOENT)
		return err;
	if (uuid_of(agent, id->dev, row.uuid))
		return 0; /* no file system that is kept */
	row.labels = object.acquired;
	return label_table_put(agent->keep->table, &agent->names, &row);
}

static int keep_changed(struct agent *agent, const struct sluice_object_id *ids, size_t n)
{
	struct label_table *table = agent->keep->table;
	int err = label_table_begin(table);
	size_t i;

	for (i = 0; !err && i < n; i++)
		err = keep_one(agent, &ids[i]);
	return err ? err : label_table_commit(table);
}

struct walk {
	struct agent *agent;
	struct sluice_object_id *gone;
	size_t n_gone;
};

static int merge_object(void *ctx, const struct sluice_object_id *id,
			const struct sluice_object *object)
{
	struct walk *walk = ctx;

	return object->acquired ? keep_one(walk->agent, id) : 0;
}

/* Collects, since the table must not change under the walk. */
static int find_gone(void *ctx, const struct label_row *row)
{
	struct walk *walk = ctx;
	struct sluice_object_id *more = walk->gone;
	struct sluice_object object;

	if (!kernel_object_get(walk->agent->kernel, &row->id, &object) && object.acquired)
		return 0;
	if (walk->n_gone % 256 == 0)
		more = realloc(more, (walk->n_gone + 256) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	walk->gone = more;
	more[walk->n_gone++] = row->id;
	return 0;
}

/* The whole map into the table; with @prune what the map does not have leaves the table. */
static int keep_all(struct agent *agent, bool prune)
{
	struct label_table *table = agent->keep->table;
	struct walk walk = { .agent = agent };
	int err = label_table_begin(table);
	size_t i;

	if (!err)
		err = kernel_object_each(agent->kernel, merge_object, &walk);
	if (!err && prune)
		err = label_table_each(table, &agent->names, find_gone, &walk);
	for (i = 0; !err && i < walk.n_gone; i++)
		err = keep_one(agent, &walk.gone[i]);
	free(walk.gone);
	return err ? err : label_table_commit(table);
}

/* Says so once, in the log and in the journal, when writing begins to fail and when it works. */
static void tell(struct agent *agent, int err)
{
	struct label_keep *keep = agent->keep;
	const char *reason = label_table_error(keep->table);

	keep->wait = err ? RETRY_TICKS : 0;
	if (keep->broken == !!err)
		return;
	keep->broken = err;
	if (err) {
		log_error_errno(err,
				"Labels that data brings to files cannot be written to the table "
				"(%s): they hold until the next reboot; make room in the folder "
				"of State=",
				reason);
		record_add(agent, NULL, json_pack("{s:o}", "error", record_text(reason)),
			   "labels.unsaved",
			   "labels of files cannot be kept: they hold until the next reboot only");
	} else {
		log_notice("labels of files are kept again");
		record_add(agent, NULL, json_object(), "labels.saved",
			   "labels of files are kept again");
	}
	record_commit(agent);
}

static int keep_turn(struct agent *agent)
{
	_cleanup_free_ struct sluice_object_id *ids = calloc(AT_ONCE, sizeof(*ids));
	ssize_t n = ids ? kernel_changed_take(agent->kernel, ids, AT_ONCE) : -ENOMEM, i;
	int err;

	if (n <= 0)
		return (int)n;
	err = keep_changed(agent, ids, (size_t)n);
	if (!err)
		return (int)n;
	tell(agent, err); /* before the rollback, which has an error text of its own */
	label_table_rollback(agent->keep->table);
	for (i = 0; i < n; i++)
		if (kernel_changed_note(agent->kernel, &ids[i]))
			agent->keep->unnoted = 0; /* no room: all will be compared */
	return err;
}

/* Whether the kernel side had changes that it could not note. */
static bool missed_some(struct agent *agent, uint64_t *ret)
{
	uint64_t counts[SLUICE_COUNTERS];

	if (kernel_count(agent->kernel, counts))
		return false;
	*ret = counts[SLUICE_COUNT_UNNOTED] + 1; /* never 0: that asks for a walk */
	return *ret != agent->keep->unnoted;
}

static int compare(struct agent *agent, uint64_t unnoted, bool prune)
{
	int err = keep_all(agent, prune);

	if (!err) {
		agent->keep->unnoted = unnoted;
		return 0;
	}
	tell(agent, err);
	label_table_rollback(agent->keep->table);
	return err;
}

void label_keep_tick(struct agent *agent)
{
	struct label_keep *keep = agent->keep;
	uint64_t unnoted;
	int err = 0, turn;

	if (keep->wait && --keep->wait)
		return;
	if (missed_some(agent, &unnoted))
		err = compare(agent, unnoted, true);
	for (turn = 0; !err && turn < TURNS; turn++) {
		int n = keep_turn(agent);

		if (n >= 0)
			tell(agent, 0);
		if (n < AT_ONCE)
			break;
	}
}

int label_keep_object(struct agent *agent, int fd)
{
	struct sluice_identify args = {};
	struct sluice_filesystem fs;
	int err = kernel_identify_fs(agent->kernel, fd, &args);

	if (err || !args.durable)
		return err;
	if (kernel_filesystem_get(agent->kernel, args.object.dev, &fs)) {
		fs = (struct sluice_filesystem){ .uuid = { args.uuid[0], args.uuid[1] } };
		err = kernel_filesystem_put(agent->kernel, args.object.dev, &fs);
	}
	if (!err)
		err = kernel_changed_note(agent->kernel, &args.object);
	if (!err)
		err = keep_turn(agent);
	return err < 0 ? err : 1;
}

static int load_row(void *ctx, const struct label_row *row)
{
	struct sluice_filesystem fs = { .uuid = { row->uuid[0], row->uuid[1] } }, known;
	struct walk *walk = ctx;
	struct kernel *kernel = walk->agent->kernel;
	struct sluice_object object;
	int err = 0;

	if (kernel_filesystem_get(kernel, row->id.dev, &known))
		err = kernel_filesystem_put(kernel, row->id.dev, &fs);
	if (!err && !kernel_object_get(kernel, &row->id, &object) &&
	    !(row->labels & ~object.acquired))
		return 0;
	if (!err)
		err = kernel_object_acquire(kernel, &row->id, row->labels, 0);
	if (!err)
		walk->n_gone++;
	return err;
}

/* The table into the kernel, where that does not have it. */
static int load(struct agent *agent, char *text, size_t size)
{
	struct walk walk = { .agent = agent };
	int err = label_table_each(agent->keep->table, &agent->names, load_row, &walk);

	if (err) {
		snprintf(text, size,
			 "the kernel does not take the labels of the table (%zu went well): %s",
			 walk.n_gone, strerror(-err));
		return err;
	}
	if (!walk.n_gone)
		return 0;
	kernel_set_folders(agent->kernel, true); /* any of them may be one */
	kernel_forget_caches(agent->kernel);
	err = record_add(agent, NULL, json_pack("{s:I}", "objects", (json_int_t)walk.n_gone),
			 "labels.loaded", "%zu objects have the labels of before again",
			 walk.n_gone);
	if (err)
		snprintf(text, size, "the journal cannot be written: %s", strerror(-err));
	return err;
}

/*
 * What was removed while nobody looked is noted as changed, so it leaves the table first. The rest
 * of the table holds: it may be newer, after a backup came back. Last comes what the daemon before
 * had taken to write when it was killed.
 */
static int bring_together(struct agent *agent, bool adopted, char *text, size_t size)
{
	uint64_t counts[SLUICE_COUNTERS], unnoted;
	int err = kernel_count(agent->kernel, counts);

	if (err) {
		snprintf(text, size, "cannot read the kernel's counters: %s", strerror(-err));
		return err;
	}
	unnoted = counts[SLUICE_COUNT_UNNOTED] + 1;
	while (adopted && keep_turn(agent) > 0)
		;
	err = load(agent, text, size);
	if (err)
		return err;
	if (adopted)
		compare(agent, unnoted, false); /* a failure is told, and tried again */
	else
		agent->keep->unnoted = unnoted;
	return 0;
}

int label_keep_start(struct agent *agent, const char *folder, bool adopted, char *text, size_t size)
{
	const char *names[SLUICE_MAX_LABELS];
	size_t n = label_table_names(agent->keep->table, names), i;
	struct policy_error error = {};
	int err = 0;

	for (i = 0; !err && i < n; i++)
		err = label_names_add(folder, names[i], &agent->names, &error);
	if (err) {
		snprintf(text, size, "%s", error.text);
		return err;
	}
	return bring_together(agent, adopted, text, size);
}
