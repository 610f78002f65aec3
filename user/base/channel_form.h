/* SPDX-License-Identifier: Apache-2.0 */
/*
 * channel_form.h: what a well-formed message of ipc.h is: its exact size, which of its fields are
 * text, and which of its numbers count the elements of an array in it.
 *
 * Owns: that. Must not own: sockets (channel.h), what a message means.
 */
#ifndef SLUICE_CHANNEL_FORM_H
#define SLUICE_CHANNEL_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct count_field;
struct text_field;

/* @size: of the body */
struct message_form {
	uint16_t type;
	const char *name;
	size_t size;
	const struct text_field *texts;
	size_t n_texts;
	const struct count_field *counts;
	size_t n_counts;
};

/* Return: that of messages of @type, or NULL: there are none. */
const struct message_form *channel_form(uint16_t type);

/* @body: of the form's size. Return: whether its texts end and its numbers fit. */
bool channel_form_holds(const struct message_form *form, const char *body);

#endif
