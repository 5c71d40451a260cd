/*
 * The table of kinds: every job kind that the programs know, with its queue, its chunk size, and the selections that
 * its phases can be planned from. Shared by all programs; how a kind runs is the worker's alone (worker/run/).
 */
#ifndef REPRISE_KINDS_KINDS_H
#define REPRISE_KINDS_KINDS_H

#include "common/definitions/definition.h"
#include "common/queue/kind.h"

extern const struct kind_table kinds;

/* For definition_parse: jobs and selections are looked up in the table. */
extern const struct definition_names kinds_names;

#endif
