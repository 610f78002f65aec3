// SPDX-License-Identifier: Apache-2.0
/*
 * label_names.c: the numbers of labels, kept for good.
 *
 * Owns: the file <state>/labels: one line a label, "BIT NAME", bits 0 to 63, in order. Taints and
 * labeled files hold bits, so a bit is never given to another name.
 */
#include "label.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

static int fail(struct policy_error *error, int err, const char *what, const char *path)
{
	snprintf(error->text, sizeof(error->text), "%.400s: %.400s: %s", path, what,
		 strerror(-err));
	return err;
}

static int parse_line(struct label_names *names, const char *line)
{
	char name[SLUICE_NAME_MAX] = "", end;
	unsigned int bit;

	if (sscanf(line, "%u %63s%c", &bit, name, &end) != 3 || end != '\n' ||
	    bit >= SLUICE_MAX_LABELS || names->name[bit][0])
		return -EBADMSG;
	memcpy(names->name[bit], name, sizeof(name));
	return 0;
}

int label_names_load(const char *folder, struct label_names *ret, struct policy_error *error)
{
	char path[SLUICE_PATH_TEXT], line[256];
	struct label_names names = {};
	_cleanup_fclose_ FILE *file = NULL;

	snprintf(path, sizeof(path), "%s/labels", folder);
	file = fopen(path, "re");
	if (!file && errno != ENOENT)
		return fail(error, -errno, "cannot read the numbers of the labels", path);
	while (file && fgets(line, sizeof(line), file)) {
		if (parse_line(&names, line))
			return fail(error, -EBADMSG,
				    "not a line \"BIT NAME\"; restore the file from a backup",
				    path);
	}
	*ret = names;
	return 0;
}

static int find(const struct label_names *names, const char *name)
{
	int bit;

	for (bit = 0; bit < SLUICE_MAX_LABELS; bit++)
		if (!strcmp(names->name[bit], name))
			return bit;
	return -1;
}

/* Replaces the file: a crash leaves the old one or the new one. */
static int store(const char *folder, const struct label_names *names)
{
	_cleanup_close_ int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_fclose_ FILE *file = NULL;
	int fd, bit;

	if (dir < 0)
		return -errno;
	fd = openat(dir, "labels.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!file)
		return -errno;
	for (bit = 0; bit < SLUICE_MAX_LABELS; bit++)
		if (names->name[bit][0])
			fprintf(file, "%d %s\n", bit, names->name[bit]);
	if (fflush(file) || fsync(fd) || renameat(dir, "labels.new", dir, "labels") || fsync(dir))
		return -errno;
	return 0;
}

int label_numbers(const struct policy *policy, const char *folder, struct label_names *names,
		  unsigned int numbers[SLUICE_MAX_LABELS], struct policy_error *error)
{
	struct label_names grown = *names;
	bool changed = false;
	size_t i;
	int err;

	for (i = 0; i < policy->n_labels; i++) {
		const struct policy_label *label = &policy->labels[i];
		int bit = find(&grown, label->name);

		if (bit < 0) {
			bit = find(&grown, "");
			changed = true;
		}
		if (bit < 0) {
			snprintf(error->text, sizeof(error->text),
				 "%s:%u: label '%s' is the 65th that this host has known; a "
				 "label's number is never given "
				 "to another: use an old name again",
				 label->origin.file, label->origin.line, label->name);
			return -ENOSPC;
		}
		memcpy(grown.name[bit], label->name, sizeof(label->name));
		numbers[i] = (unsigned int)bit;
	}
	err = changed ? store(folder, &grown) : 0;
	if (err)
		return fail(error, err, "cannot keep the numbers of the labels", folder);
	*names = grown;
	return 0;
}

int label_names_add(const char *folder, const char *name, struct label_names *names,
		    struct policy_error *error)
{
	struct label_names grown = *names;
	int bit, err;

	if (find(&grown, name) >= 0)
		return 0;
	bit = find(&grown, "");
	if (bit < 0) {
		snprintf(error->text, sizeof(error->text),
			 "no number is left for label '%s', which the table of labeled objects "
			 "names; restore %s/labels from a backup",
			 name, folder);
		return -ENOSPC;
	}
	snprintf(grown.name[bit], SLUICE_NAME_MAX, "%s", name);
	err = store(folder, &grown);
	if (err)
		return fail(error, err, "cannot keep the numbers of the labels", folder);
	*names = grown;
	return 0;
}
