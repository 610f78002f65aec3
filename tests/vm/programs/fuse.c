/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuse.c: serves a file system on FOLDER that has one file, "file". What is written into it is
 * added to OUT, as by a process that hands it on.
 *
 * Owns: as much of the protocol (linux/fuse.h) as reading and writing that file takes.
 */
#include <linux/fuse.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "program.h"

#define FILE_NODE 2

static int device, out;

static void reply(const struct fuse_in_header *to, int error, const void *body, size_t size)
{
	char bytes[512];
	struct fuse_out_header header = {
		.len = (__u32)(sizeof(header) + size),
		.error = error,
		.unique = to->unique,
	};

	memcpy(bytes, &header, sizeof(header));
	if (size)
		memcpy(bytes + sizeof(header), body, size);
	if (write(device, bytes, header.len) < 0 && errno != ENOENT)
		refused("reply");
}

static struct fuse_attr attributes(__u64 node)
{
	return (struct fuse_attr){
		.ino = node,
		.mode = node == FILE_NODE ? S_IFREG | 0666 : S_IFDIR | 0777,
		.nlink = 1,
	};
}

static void serve_lookup(const struct fuse_in_header *in)
{
	struct fuse_entry_out entry = { .nodeid = FILE_NODE, .attr = attributes(FILE_NODE) };

	if (strcmp((const char *)(in + 1), "file") != 0)
		reply(in, -ENOENT, NULL, 0);
	else
		reply(in, 0, &entry, sizeof(entry));
}

static void serve_write(const struct fuse_in_header *in)
{
	const struct fuse_write_in *request = (const void *)(in + 1);
	struct fuse_write_out answer = { .size = request->size };

	if (write(out, request + 1, request->size) != (ssize_t)request->size)
		refused("out");
	reply(in, 0, &answer, sizeof(answer));
}

static void serve(const struct fuse_in_header *in)
{
	struct fuse_init_out init = { .major = FUSE_KERNEL_VERSION,
				      .minor = 31,
				      .max_write = 4096 };
	struct fuse_attr_out attr = { .attr = attributes(in->nodeid) };
	struct fuse_open_out opened = { .open_flags = FOPEN_DIRECT_IO };

	switch (in->opcode) {
	case FUSE_INIT:
		reply(in, 0, &init, sizeof(init));
		return;
	case FUSE_LOOKUP:
		serve_lookup(in);
		return;
	case FUSE_GETATTR:
	case FUSE_SETATTR:
		reply(in, 0, &attr, sizeof(attr));
		return;
	case FUSE_OPEN:
		reply(in, 0, &opened, sizeof(opened));
		return;
	case FUSE_WRITE:
		serve_write(in);
		return;
	case FUSE_FLUSH:
	case FUSE_RELEASE:
		reply(in, 0, NULL, 0);
		return;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return;
	default:
		reply(in, -ENOSYS, NULL, 0);
	}
}

int main(int argc, char **argv)
{
	static char request[64 * 1024];
	char options[128];

	if (argc != 3) {
		fprintf(stderr, "usage: fuse FOLDER OUT\n");
		return USAGE;
	}
	device = open_or_exit("/dev/fuse", O_RDWR);
	out = open_or_exit(argv[2], O_WRONLY | O_CREAT | O_APPEND);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other",
		 device);
	if (mount("test", argv[1], "fuse", 0, options))
		refused("mount");
	for (;;) {
		if (read(device, request, sizeof(request)) >= 0)
			serve((const struct fuse_in_header *)request);
		else if (errno == ENODEV)
			return 0; /* unmounted */
		else if (errno != EINTR && errno != ENOENT)
			refused("request");
	}
}
