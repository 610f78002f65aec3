/* SPDX-License-Identifier: Apache-2.0 */
/*
 * when.c: see when.h.
 */
#include "when.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cleanup.h"
#include "text.h"

uint64_t when_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* What people call a begin: of the day, yesterday's, of the week (Monday), the month, the year. */
static const struct word {
	const char *word;
	int days_back;
	bool week, month, year;
} words[] = {
	{ "today", 0, false, false, false },	{ "yesterday", 1, false, false, false },
	{ "this-week", 0, true, false, false }, { "this-month", 0, false, true, false },
	{ "this-year", 0, false, true, true },
};

/* Local midnight of the day that @word means. */
static uint64_t midnight(uint64_t now_ms, const struct word *word)
{
	time_t seconds = (time_t)(now_ms / 1000);
	struct tm tm;

	localtime_r(&seconds, &tm);
	tm.tm_mday -= word->days_back + (word->week ? (tm.tm_wday + 6) % 7 : 0);
	if (word->month)
		tm.tm_mday = 1;
	if (word->year)
		tm.tm_mon = 0;
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_isdst = -1;
	return (uint64_t)mktime(&tm) * 1000;
}

/* ".250": milliseconds, further digits only checked. */
static const char *parse_fraction(const char *p, unsigned int *ret_ms)
{
	unsigned int scale = 100;

	*ret_ms = 0;
	if (*p != '.' || !isdigit((unsigned char)p[1]))
		return p;
	for (p++; isdigit((unsigned char)*p); p++, scale /= 10)
		*ret_ms += (unsigned int)(*p - '0') * scale;
	return p;
}

/* Tells a day that the calendar has from one that timegm() would move into the next month. */
static bool real_date(const struct tm *tm)
{
	struct tm copy = *tm;

	timegm(&copy);
	return copy.tm_mday == tm->tm_mday && copy.tm_mon == tm->tm_mon;
}

/* Seconds since the epoch for @tm, read in the zone that @zone spells ("", "Z", "+01:00"). */
static int apply_zone(struct tm *tm, const char *zone, time_t *ret)
{
	struct tm offset = { 0 };
	const char *end;
	int minutes;

	if (!*zone) {
		tm->tm_isdst = -1;
		*ret = mktime(tm);
		return 0;
	}
	if (strcmp(zone, "Z") == 0) {
		*ret = timegm(tm);
		return 0;
	}
	if (*zone != '+' && *zone != '-')
		return -EINVAL;
	end = strptime(zone + 1, "%H:%M", &offset);
	if (!end || *end)
		return -EINVAL;
	minutes = offset.tm_hour * 60 + offset.tm_min;
	*ret = timegm(tm) - (*zone == '+' ? 60 : -60) * minutes;
	return 0;
}

static int parse_iso(const char *text, uint64_t *ret_ms)
{
	static const char *const clocks[] = { "T%H:%M:%S", " %H:%M:%S", "T%H:%M", " %H:%M" };
	struct tm tm = { 0 };
	unsigned int ms = 0;
	const char *p, *end;
	time_t seconds;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	p = strptime(text, "%Y-%m-%d", &tm);
	if (!p || !real_date(&tm))
		return -EINVAL;
	for (size_t i = 0; *p && i < ARRAY_SIZE(clocks); i++) {
		end = *p == *clocks[i] ? strptime(p, clocks[i], &tm) : NULL;
		if (end) {
			p = parse_fraction(end, &ms);
			break;
		}
	}
	if (apply_zone(&tm, p, &seconds) < 0 || seconds < 0)
		return -EINVAL;
	*ret_ms = (uint64_t)seconds * 1000 + ms;
	return 0;
}

int when_parse(const char *text, uint64_t now_ms, uint64_t *ret_ms)
{
	uint64_t ago;
	int r;

	if (strcmp(text, "now") == 0) {
		*ret_ms = now_ms;
		return 0;
	}
	if (strcmp(text, "recent") == 0)
		text = "-10min";
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(text, words[i].word) == 0) {
			*ret_ms = midnight(now_ms, &words[i]);
			return 0;
		}
	if (*text != '-')
		return parse_iso(text, ret_ms);
	r = text_to_seconds(text + 1, now_ms / 1000, &ago);
	if (r < 0)
		return r;
	*ret_ms = now_ms - ago * 1000;
	return 0;
}

const char *when_iso(uint64_t ms, char *buffer)
{
	time_t seconds = (time_t)(ms / 1000);
	char day[40] = "?";
	struct tm tm;

	if (gmtime_r(&seconds, &tm))
		strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buffer, WHEN_TEXT, "%s.%03uZ", day, (unsigned int)(ms % 1000));
	return buffer;
}

const char *when_local(uint64_t ms, char *buffer)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;

	if (!localtime_r(&seconds, &tm) || !strftime(buffer, WHEN_TEXT, "%Y-%m-%d %H:%M:%S", &tm))
		snprintf(buffer, WHEN_TEXT, "?");
	return buffer;
}

const char *when_duration(uint64_t seconds, char *buffer)
{
	static const struct {
		uint64_t seconds;
		const char *name;
	} steps[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" } };
	uint64_t whole, rest;
	size_t i = 0;

	while (i < ARRAY_SIZE(steps) - 1 && seconds < steps[i].seconds)
		i++;
	whole = seconds / steps[i].seconds;
	rest = i + 1 < ARRAY_SIZE(steps) ? seconds % steps[i].seconds / steps[i + 1].seconds : 0;
	if (rest)
		snprintf(buffer, WHEN_TEXT, "%llu %s %llu %s", (unsigned long long)whole,
			 steps[i].name, (unsigned long long)rest, steps[i + 1].name);
	else
		snprintf(buffer, WHEN_TEXT, "%llu %s", (unsigned long long)whole, steps[i].name);
	return buffer;
}
