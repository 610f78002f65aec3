// SPDX-License-Identifier: Apache-2.0
/*
 * sink_segment.c: the files of a folder: see sink_folder.h.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/read_whole.h"
#include "sink.h"
#include "sink_folder.h"

#define DIGITS	  20
#define SUFFIX	  ".jsonl"
#define NAME_SIZE (DIGITS + sizeof(SUFFIX))

/* What lies in the folder. */
struct content {
	uint64_t last; /* first byte of the last file */
	uint64_t last_size;
	uint64_t total; /* bytes of all files */
};

__attribute__((format(printf, 3, 4))) static int fail(struct folder_job *job, int r,
						      const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(job->text, sizeof(job->text), format, ap);
	va_end(ap);
	job->r = r;
	return r;
}

static void name_segment(uint64_t first, char name[NAME_SIZE])
{
	snprintf(name, NAME_SIZE, "%0*" PRIu64 SUFFIX, DIGITS, first);
}

static bool is_segment(const char *name, uint64_t *ret_first)
{
	char again[NAME_SIZE];

	if (strlen(name) != NAME_SIZE - 1 || !isdigit((unsigned char)*name))
		return false;
	*ret_first = strtoull(name, NULL, 10);
	name_segment(*ret_first, again);
	return strcmp(again, name) == 0;
}

static int count_segment(int folder, const char *name, uint64_t first, struct content *content)
{
	struct stat st;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	content->total += (uint64_t)st.st_size;
	if (first >= content->last) {
		content->last = first;
		content->last_size = (uint64_t)st.st_size;
	}
	return 0;
}

static void close_folder(DIR **folder)
{
	if (*folder)
		closedir(*folder);
}

static int look(int fd, struct content *ret)
{
	_cleanup_(close_folder) DIR *folder = NULL;
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	const struct dirent *entry;
	uint64_t first;

	if (copy < 0)
		return -errno;
	folder = fdopendir(copy);
	if (!folder) {
		close(copy);
		return -ENOMEM;
	}
	errno = 0;
	while (r == 0 && (entry = readdir(folder))) {
		if (is_segment(entry->d_name, &first))
			r = count_segment(fd, entry->d_name, first, ret);
		errno = 0;
	}
	return r < 0 ? r : -errno;
}

/* Whether the file has what the journal has there. Return: 1, 0, or a negative errno. */
static int compare(struct folder_job *job, int file, uint64_t from, uint64_t size)
{
	_cleanup_free_ char *there = malloc(SINK_CHUNK), *here = malloc(SINK_CHUNK);
	ssize_t n, m;

	if (!there || !here)
		return -ENOMEM;
	while (size > 0) {
		m = gateway_journal_read(&job->journal, from, here, SINK_CHUNK);
		job->wanted = from;
		if (m <= 0)
			return m == -EBADMSG ? 0 : (int)m;
		m = (uint64_t)m < size ? m : (ssize_t)size;
		n = read_whole(file, there, (size_t)m);
		if (n < 0)
			return (int)n;
		if (n != m || memcmp(there, here, (size_t)n) != 0)
			return 0;
		from += (uint64_t)n;
		size -= (uint64_t)n;
	}
	return 1;
}

static int compare_last(struct folder_job *job, int folder, const struct content *content)
{
	_cleanup_close_ int file = -1;
	char name[NAME_SIZE];
	int r;

	name_segment(content->last, name);
	file = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (file < 0)
		return fail(job, -errno, "cannot open %s: %s", name, strerror(errno));
	r = compare(job, file, content->last, content->last_size);
	if (r < 0)
		return fail(job, r, "cannot read %s: %s", name, strerror(-r));
	return r == 1 ? 0
		      : fail(job, -EBADMSG,
			     "%s there is not what the journal has at that place: one of them was "
			     "changed, or the folder is another journal's",
			     name);
}

/* What is there must be the beginning of the journal, as far as that is cheap to see. */
static int find_held(struct folder_job *job, int folder)
{
	struct content content = { 0 };
	int r = look(folder, &content);

	if (r < 0)
		return fail(job, r, "cannot look into %s: %s", job->path, strerror(-r));
	if (content.total != content.last + content.last_size)
		return fail(job, -EBADMSG,
			    "files are missing there: they hold %" PRIu64
			    " bytes, and should hold %" PRIu64,
			    content.total, content.last + content.last_size);
	if (content.total > job->journal.bytes)
		return fail(job, -EBADMSG,
			    "%" PRIu64 " bytes are there, and the journal has only %" PRIu64
			    ": it was cut or begun anew",
			    content.total, job->journal.bytes);
	r = content.total ? compare_last(job, folder, &content) : 0;
	if (r < 0)
		return r;
	job->held = content.total;
	job->known = true;
	return 0;
}

static int write_all(int file, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t n = write(file, bytes, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		bytes += n;
		size -= (size_t)n;
	}
	return 0;
}

/* Lines from @job->held on, as many as a file may have. Return: bytes or a negative errno. */
static int64_t copy_lines(struct folder_job *job, int file)
{
	_cleanup_free_ char *bytes = malloc(SINK_CHUNK);
	uint64_t done = 0;
	ssize_t n = -ENOMEM;
	int r = 0;

	job->wanted = job->held;
	while (bytes && done + SINK_CHUNK <= FOLDER_SEGMENT && r == 0) {
		n = gateway_journal_read(&job->journal, job->held + done, bytes, SINK_CHUNK);
		if (n <= 0)
			break;
		r = write_all(file, bytes, (size_t)n);
		done += (uint64_t)n;
	}
	/* What lies in another file goes to another one there, too. */
	if (r < 0 || (n < 0 && (n != -EAGAIN || done == 0)))
		return r < 0 ? r : n;
	return fsync(file) < 0 ? -errno : (int64_t)done;
}

/* Object storage that is mounted has no folders to sync. */
static int settle(int folder, const char *new, const char *name)
{
	if (renameat(folder, new, folder, name) < 0)
		return -errno;
	return fsync(folder) < 0 && errno != EINVAL && errno != ENOTSUP && errno != ENOSYS ? -errno
											   : 0;
}

static int write_segment(struct folder_job *job, int folder)
{
	_cleanup_close_ int file = -1;
	char name[NAME_SIZE], new[NAME_SIZE + 8];
	int64_t n;

	name_segment(job->held, name);
	snprintf(new, sizeof(new), ".%s.new", name);
	file = openat(folder, new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	n = file < 0 ? -errno : copy_lines(job, file);
	if (n >= 0) {
		int r = settle(folder, new, name);

		n = r < 0 ? r : n;
	}
	if (n < 0)
		return fail(job, (int)n, "cannot write %s in %s: %s", name, job->path,
			    strerror((int)-n));
	job->held += (uint64_t)n;
	return 0;
}

void folder_do(struct folder_job *job)
{
	_cleanup_close_ int folder = open(job->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (folder < 0)
		fail(job, -errno, "cannot open %s: %s", job->path, strerror(errno));
	else if ((job->known || find_held(job, folder) == 0) && job->held < job->journal.bytes)
		write_segment(job, folder);
}
