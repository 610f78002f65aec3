/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dot.h: steps of a lineage as a graph in the language of Graphviz.
 *
 * Owns: nodes, edges and the quoting of that language: what a process chose (paths, names) is text
 * of a label and nothing else, and safe for terminals as anywhere (escape.h). Must not own: which
 * steps there are, or their members (view.h).
 */
#ifndef SLUICE_DOT_H
#define SLUICE_DOT_H

#include <jansson.h>
#include <stdio.h>

/**
 * dot_print() - write @rows, as view_edge() makes them, as one digraph.
 * @note: shown in a node of its own; NULL or empty for none
 * Return: 0 or -ENOMEM.
 */
int dot_print(FILE *out, const json_t *rows, const char *note);

#endif
