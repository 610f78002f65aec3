/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wording_target.c: paths, endpoints and changes of credentials in words: see wording.h.
 */
#include "wording.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "policy/medium.h"

#define CUT "\xe2\x80\xa6" /* … */

/*
 * Puts @part and a slash before it in front of @used bytes at the end of the buffer. False when it
 * does not fit.
 */
static bool put_before(char *end, size_t *used, size_t room, const char *part, size_t length)
{
	if (*used + length + 1 + strlen(CUT) + 1 > room)
		return false;
	*used += length;
	memcpy(end - *used, part, length);
	*used += 1;
	*(end - *used) = '/';
	return true;
}

void wording_path(const char *parts, size_t length, bool cut, char *ret, size_t size)
{
	const char *stop = parts + length;
	char *end = ret + size - 1;
	size_t used = 0;

	while (parts < stop) {
		size_t n = strnlen(parts, (size_t)(stop - parts));

		/* The file system's root ends the walk with a component "/" on some paths. */
		if (!(n == 1 && *parts == '/') && n &&
		    !put_before(end, &used, size - 1, parts, n)) {
			cut = true;
			break;
		}
		parts += n + 1;
	}
	if (!used && !cut && size > 1) {
		used = 1;
		*(end - 1) = '/';
	}
	if (cut && used + strlen(CUT) < size) {
		used += strlen(CUT);
		memcpy(end - used, CUT, strlen(CUT));
	}
	memmove(ret, end - used, used);
	ret[used] = '\0';
}

static const char *protocol_name(uint32_t protocol, char *number, size_t size)
{
	static const struct {
		uint32_t protocol;
		const char *name;
	} names[] = {
		{ IPPROTO_TCP, "tcp" },		{ IPPROTO_UDP, "udp" },
		{ IPPROTO_ICMP, "icmp" },	{ IPPROTO_ICMPV6, "icmpv6" },
		{ IPPROTO_SCTP, "sctp" },	{ IPPROTO_RAW, "raw" },
		{ IPPROTO_UDPLITE, "udplite" }, { IPPROTO_MPTCP, "mptcp" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].protocol == protocol)
			return names[i].name;
	snprintf(number, size, "protocol-%u", protocol);
	return number;
}

/* @arg: a target's, with a medium. */
static void word_medium(uint32_t arg, char *ret, size_t size)
{
	const char *word = medium_word(arg >> 16);

	if (word)
		snprintf(ret, size, "%s", word);
	else if (arg >> 16 == SLUICE_MEDIUM_STEERED)
		snprintf(ret, size, "IP with a route or interface of its own");
	else
		snprintf(ret, size, "socket of address family %u", arg & 0xffff);
}

void wording_endpoint(const struct sluice_target *target, char *ret, size_t size)
{
	static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	char address[INET6_ADDRSTRLEN] = "?", number[32];
	const char *protocol = protocol_name(target->arg, number, sizeof(number));
	bool v4 = !memcmp(target->addr, mapped, sizeof(mapped));

	if (target->arg >> 16) {
		word_medium(target->arg, ret, size);
		return;
	}
	if (v4)
		inet_ntop(AF_INET, target->addr + 12, address, sizeof(address));
	else
		inet_ntop(AF_INET6, target->addr, address, sizeof(address));
	if (!target->port)
		snprintf(ret, size, "%s/%s", address, protocol);
	else
		snprintf(ret, size, v4 ? "%s:%u/%s" : "[%s]:%u/%s", address, target->port,
			 protocol);
}

/* Pipes, sockets and anonymous memory have an inode and no path. */
static void word_object(const struct sluice_event *event, char *ret, size_t size)
{
	static const struct {
		uint32_t type;
		const char *name;
	} types[] = {
		{ S_IFIFO, "pipe" },   { S_IFSOCK, "socket" }, { S_IFREG, "file" },
		{ S_IFDIR, "folder" }, { S_IFCHR, "device" },  { S_IFBLK, "device" },
	};
	const struct sluice_target *target = &event->key.target;
	uint32_t type = target->arg & S_IFMT;
	const char *name = "object";

	if ((event->path_len && event->path[0]) || (type == S_IFDIR && !event->path_len)) {
		wording_path(event->path, event->path_len, event->path_cut, ret, size);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].type == type)
			name = types[i].name;
	if (type == S_IFSOCK && target->arg & SLUICE_SOCKET_IP)
		name = "loopback socket";
	snprintf(ret, size, "%s:[%llu]", name, (unsigned long long)target->object.ino);
}

/* Behind what leads off the host stands by which way: "/mnt/share/list (fs:nfs)". */
static void word_file(const struct sluice_event *event, char *ret, size_t size)
{
	uint32_t medium = event->key.target.arg >> 16;
	char word[64];

	word_medium(event->key.target.arg, word, sizeof(word));
	word_object(event, ret, medium ? size - strlen(word) - 4 : size);
	if (medium)
		snprintf(ret + strlen(ret), size - strlen(ret), " (%s)", word);
}

static void word_path_of(const struct sluice_event *event, const char *before, const char *after,
			 char *ret, size_t size)
{
	char path[SLUICE_PATH_TEXT];
	size_t around = strlen(before) + strlen(after) + 1;

	wording_path(event->path, event->path_len, event->path_cut, path, sizeof(path));
	snprintf(ret, size, "%s%.*s%s", before, (int)(size - around), path, after);
}

static void word_capabilities(const struct sluice_event *event, char *ret, size_t size)
{
	unsigned long long gained = event->key.target.id[0];

	snprintf(ret, size, "gain capabilities 0x%llx", gained);
}

static void word_id(const struct sluice_event *event, const char *what, char *ret, size_t size)
{
	snprintf(ret, size, "change %s from %u to %u", what, event->old_id,
		 (unsigned int)event->key.target.id[0]);
}

static void word_credential(const struct sluice_event *event, char *ret, size_t size)
{
	static const char *const plain[] = {
		[SLUICE_SETGROUPS] = "change supplementary groups",
		[SLUICE_USERNS] = "make a user namespace",
		[SLUICE_SETNS] = "enter other namespaces",
		[SLUICE_KEYRING] = "change the session keyring",
	};
	uint32_t kind = event->key.target.arg;

	switch (kind) {
	case SLUICE_SETUID:
		word_id(event, "user id", ret, size);
		return;
	case SLUICE_SETGID:
		word_id(event, "group id", ret, size);
		return;
	case SLUICE_CAPSET:
		word_capabilities(event, ret, size);
		return;
	case SLUICE_EXEC_SETID:
		word_path_of(event, "run ", ", which brings other rights", ret, size);
		return;
	case SLUICE_IDMAP:
		word_path_of(event, "map ids by ", "", ret, size);
		return;
	case SLUICE_AMBIENT:
		snprintf(ret, size, "keep capability %llu over exec",
			 (unsigned long long)event->key.target.id[0]);
		return;
	case SLUICE_SECUREBITS:
		snprintf(ret, size, "change securebits from 0x%x to 0x%llx", event->old_id,
			 (unsigned long long)event->key.target.id[0]);
		return;
	default:
		if (kind < ARRAY_SIZE(plain) && plain[kind])
			snprintf(ret, size, "%s", plain[kind]);
		else
			snprintf(ret, size, "change of credentials %u", kind);
	}
}

const char *wording_verb(uint32_t action)
{
	static const char *const verbs[SLUICE_ACTIONS] = {
		[SLUICE_OPEN] = "read ",
		[SLUICE_WRITE] = "write to ",
		[SLUICE_EGRESS] = "send to ",
		[SLUICE_CREDENTIAL] = "",
	};

	return action < SLUICE_ACTIONS ? verbs[action] : "";
}

void wording_target(const struct sluice_event *event, char *ret, size_t size)
{
	switch (event->key.target.kind) {
	case SLUICE_TARGET_FILE:
		word_file(event, ret, size);
		return;
	case SLUICE_TARGET_ENDPOINT:
		wording_endpoint(&event->key.target, ret, size);
		return;
	case SLUICE_TARGET_CREDENTIAL:
		word_credential(event, ret, size);
		return;
	default:
		snprintf(ret, size, "any");
	}
}
