/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_endpoint.c: ADDR[/PREFIX][:PORT[-PORT]][/tcp|/udp] and HOST[:PORT[-PORT]][/tcp|/udp].
 *
 * Owns: this form. Must not own: addresses of hosts (they change; the rule set asks for them when
 * it is compiled).
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "policy_build.h"

#define HOST_MAX 253 /* RFC 1035, as text */

static int refuse_form(struct policy_build *build, const char *word)
{
	return policy_fail(
		build,
		"%s=%.200s is not understood; write ADDRESS[/PREFIX][:PORT[-PORT]][/tcp|/udp] or "
		"HOST[:PORT], IPv6 in brackets",
		build->key, word);
}

/* Cuts a trailing /tcp or /udp off @text. */
static int take_protocol(char *text)
{
	static const struct {
		const char *ending;
		int number;
	} known[] = { { "/tcp", IPPROTO_TCP }, { "/udp", IPPROTO_UDP } };
	size_t length = strlen(text);

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		size_t ending = strlen(known[i].ending);

		if (length > ending && !strcmp(text + length - ending, known[i].ending)) {
			text[length - ending] = '\0';
			return known[i].number;
		}
	}
	return 0;
}

static int set_ports(struct policy_build *build, char *text, struct policy_endpoint *endpoint)
{
	char *dash = strchr(text, '-');
	uint64_t low = 0, high = 0;

	if (strchr(text, '/'))
		return policy_fail(build,
				   "\"%.50s\" is no protocol; write /tcp or /udp after the port",
				   strchr(text, '/'));
	if (dash)
		*dash++ = '\0';
	if (text_to_number(text, UINT16_MAX, &low) < 0 || low == 0 ||
	    text_to_number(dash ? dash : text, UINT16_MAX, &high) < 0 || high < low)
		return policy_fail(build,
				   "\"%.50s%s%.50s\" is no port or range; write 1 to 65535, the "
				   "lower end first",
				   text, dash ? "-" : "", dash ? dash : "");
	endpoint->low = (uint16_t)low;
	endpoint->high = (uint16_t)high;
	return 0;
}

static bool is_host(const char *name)
{
	size_t length = strlen(name);

	if (!length || length > HOST_MAX || text_is_made_of(name, "0123456789."))
		return false;
	while (*name) {
		size_t part = strcspn(name, ".");

		if (part == 0 || part > 63 || name[0] == '-' || name[part - 1] == '-' ||
		    strspn(name,
			   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") <
			    part)
			return false;
		name += part;
		if (*name == '.' && !*++name)
			return false;
	}
	return true;
}

/* Clears what stands behind @prefix. Return: whether there was anything. */
static bool clear_bits_behind(uint8_t addr[16], unsigned int prefix)
{
	bool found = false;

	for (unsigned int bit = prefix; bit < 128; bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		found |= (addr[bit / 8] & mask) != 0;
		addr[bit / 8] &= (uint8_t)~mask;
	}
	return found;
}

/* @text: the address; @prefix: digits behind the slash, or NULL for one address */
static int set_address(struct policy_build *build, const char *text, const char *prefix, bool v6,
		       struct policy_endpoint *endpoint)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	uint8_t *bytes = v6 ? endpoint->addr : endpoint->addr + 12;
	char network[INET6_ADDRSTRLEN] = "";
	uint64_t length = v6 ? 128 : 32;

	if (!v6)
		memcpy(endpoint->addr, mapped, sizeof(mapped));
	if (inet_pton(v6 ? AF_INET6 : AF_INET, text, bytes) != 1)
		return policy_fail(build, "\"%.100s\" is no %s address; write it like %s", text,
				   v6 ? "IPv6" : "IPv4", v6 ? "[fd00:20::1]" : "10.20.0.1");
	if (prefix && text_to_number(prefix, length, &length) < 0)
		return policy_fail(build, "/%.50s is no prefix length; write 0 to %d", prefix,
				   v6 ? 128 : 32);
	endpoint->prefix = (unsigned int)length + (v6 ? 0 : 96);
	if (clear_bits_behind(endpoint->addr, endpoint->prefix))
		return policy_fail(
			build,
			"%.100s/%s has bits set behind its prefix; the network is "
			"%s/%s, one address has no prefix",
			text, prefix,
			inet_ntop(v6 ? AF_INET6 : AF_INET, bytes, network, sizeof(network)),
			prefix);
	return 0;
}

/* [ADDRESS][/PREFIX], with what follows the address in @rest */
static int set_bracketed(struct policy_build *build, char *text, struct policy_endpoint *endpoint,
			 char **rest)
{
	char *end = strchr(text, ']');
	char *prefix = NULL;

	if (!end || (end[1] && !strchr("/:", end[1])))
		return policy_fail(
			build, "\"%.100s\" is no address in brackets; write [ADDRESS]/PREFIX:PORT",
			text);
	*end++ = '\0';
	if (*end == '/')
		prefix = end + 1;
	*rest = strchr(end, ':');
	if (*rest)
		*(*rest)++ = '\0';
	return set_address(build, text + 1, prefix, true, endpoint);
}

static int set_plain(struct policy_build *build, char *text, struct policy_endpoint *endpoint,
		     char **rest)
{
	char *slash = strchr(text, '/');
	char *colon = strchr(text, ':');

	if (colon && strchr(colon + 1, ':'))
		return policy_fail(
			build, "\"%.100s\" has several colons; write an IPv6 address in brackets",
			text);
	if (slash && colon && slash > colon)
		return refuse_form(build, text);
	if (colon)
		*colon++ = '\0';
	*rest = colon;
	if (slash)
		*slash++ = '\0';
	if (text_is_made_of(text, "0123456789."))
		return set_address(build, text, slash, false, endpoint);
	if (slash || !is_host(text))
		return refuse_form(build, text);
	return policy_value_text(build, text, &endpoint->host);
}

/* @text: taken apart */
static int parse(struct policy_build *build, char *text, struct policy_endpoint *endpoint)
{
	char *ports = NULL;
	int r;

	endpoint->high = UINT16_MAX;
	endpoint->protocol = take_protocol(text);
	if (*text == '[')
		r = set_bracketed(build, text, endpoint, &ports);
	else
		r = set_plain(build, text, endpoint, &ports);
	return r < 0 || !ports ? r : set_ports(build, ports, endpoint);
}

int policy_value_endpoint(struct policy_build *build, const char *word,
			  struct policy_endpoint *endpoint)
{
	char *text;
	int r;

	endpoint->origin = build->here;
	if (++build->n_endpoints > SLUICE_MAX_DESTINATIONS)
		return policy_fail(
			build, "more than %d Endpoint= and To= in the policy; use shorter prefixes",
			SLUICE_MAX_DESTINATIONS);
	text = strdup(word);
	if (!text)
		return policy_fail_memory(build);
	r = parse(build, text, endpoint);
	free(text);
	return r;
}
