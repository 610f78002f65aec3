/* SPDX-License-Identifier: Apache-2.0 */
/*
 * btf.c: see btf.h. All is read at once: the kernel's own is some megabytes. No offset of the file
 * is believed.
 */
#include "btf.h"

#include <errno.h>
#include <linux/btf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"

#define BTF_FILE_MAX (256U << 20)

static int read_all(int fd, char **ret, size_t *ret_size)
{
	_cleanup_free_ char *bytes = NULL;
	size_t used = 0, room = 0;

	for (;;) {
		ssize_t n;

		if (used == room) {
			char *more;

			room = room ? 2 * room : 1U << 20;
			more = room <= BTF_FILE_MAX ? realloc(bytes, room) : NULL;
			if (!more)
				return -ENOMEM;
			bytes = more;
		}
		n = read(fd, bytes + used, room - used);
		if (n < 0)
			return -errno;
		if (!n)
			break;
		used += (size_t)n;
	}
	*ret = TAKE_PTR(bytes);
	*ret_size = used;
	return 0;
}

/* Bytes behind a type, by its kind: @each for each of its members. */
static const struct {
	uint8_t fixed;
	uint8_t each;
} tails[] = {
	[BTF_KIND_INT] = { sizeof(uint32_t), 0 },
	[BTF_KIND_ARRAY] = { sizeof(struct btf_array), 0 },
	[BTF_KIND_STRUCT] = { 0, sizeof(struct btf_member) },
	[BTF_KIND_UNION] = { 0, sizeof(struct btf_member) },
	[BTF_KIND_ENUM] = { 0, sizeof(struct btf_enum) },
	[BTF_KIND_FUNC_PROTO] = { 0, sizeof(struct btf_param) },
	[BTF_KIND_VAR] = { sizeof(struct btf_var), 0 },
	[BTF_KIND_DATASEC] = { 0, sizeof(struct btf_var_secinfo) },
	[BTF_KIND_DECL_TAG] = { sizeof(struct btf_decl_tag), 0 },
	[BTF_KIND_ENUM64] = { 0, sizeof(struct btf_enum64) },
};

static size_t tail_of(const struct btf_type *type)
{
	unsigned int kind = BTF_INFO_KIND(type->info);

	if (kind >= ARRAY_SIZE(tails))
		return 0;
	return tails[kind].fixed + (size_t)tails[kind].each * BTF_INFO_VLEN(type->info);
}

/* The parts of a file: types and, ended by a NUL, names. */
struct parts {
	const char *types, *end, *names;
	uint32_t names_len;
};

static int find_parts(const char *bytes, size_t size, struct parts *ret)
{
	struct btf_header header;

	if (size < sizeof(header))
		return -EBADMSG;
	memcpy(&header, bytes, sizeof(header));
	if (header.magic != BTF_MAGIC || !header.str_len ||
	    (uint64_t)header.hdr_len + header.type_off + header.type_len > size ||
	    (uint64_t)header.hdr_len + header.str_off + header.str_len > size)
		return -EBADMSG;
	ret->types = bytes + header.hdr_len + header.type_off;
	ret->end = ret->types + header.type_len;
	ret->names = bytes + header.hdr_len + header.str_off;
	ret->names_len = header.str_len;
	return ret->names[header.str_len - 1] ? -EBADMSG : 0;
}

static void mark(const char *name, const char *const *names, size_t n, bool *found)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(name, names[i]))
			found[i] = true;
}

int btf_functions(int fd, const char *const *names, size_t n, bool *ret_found)
{
	_cleanup_free_ char *bytes = NULL;
	struct btf_type type;
	struct parts parts = {};
	size_t size = 0;
	int err = read_all(fd, &bytes, &size);

	if (!err)
		err = find_parts(bytes, size, &parts);
	if (err)
		return err;
	memset(ret_found, 0, n * sizeof(*ret_found));
	while ((size_t)(parts.end - parts.types) >= sizeof(type)) {
		memcpy(&type, parts.types, sizeof(type));
		if (BTF_INFO_KIND(type.info) == BTF_KIND_FUNC && type.name_off < parts.names_len)
			mark(parts.names + type.name_off, names, n, ret_found);
		parts.types += sizeof(type);
		if ((size_t)(parts.end - parts.types) < tail_of(&type))
			return -EBADMSG;
		parts.types += tail_of(&type);
	}
	return 0;
}
