/*
 * The text of the settings' file as one process has read and accepted it, for the processes that it forked: were each
 * to read the file for itself, some could find it half written, or already changed again.
 */
#ifndef REPRISE_BASE_CONFIG_SHARED_H
#define REPRISE_BASE_CONFIG_SHARED_H

#include <stdbool.h>

#include "common/base/buf.h"

struct config_shared;
/* In memory that is shared with whoever is forked later; empty. */
struct config_shared *config_shared_new(void);
void config_shared_drop(struct config_shared *shared);
/* Replaces the text, of at most YAML_MAX_BYTES; NULL: there is no file. */
void config_shared_put(struct config_shared *shared, const struct buf *text);
/* Appends the text; false: there is no file. */
bool config_shared_get(struct config_shared *shared, struct buf *text);

#endif
