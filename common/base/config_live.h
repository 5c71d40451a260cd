/*
 * Settings while a program runs. A reload reads file, environment and flags again as at the start, takes over what may
 * change (the table's `reloadable`) and tells which other changes wait for a restart. Readers on any thread get a
 * snapshot that never changes and is kept to the end, so that texts taken from it may be kept, too; a reload that
 * changes nothing makes none.
 *
 * In a process that was forked later a reload takes the file as the one that read it at the start has accepted it last,
 * so that all of them have the same.
 */
#ifndef REPRISE_BASE_CONFIG_LIVE_H
#define REPRISE_BASE_CONFIG_LIVE_H

#include "common/base/config.h"

struct config_live;

/* What a program asks of its settings beyond the table's rules. ERR_USAGE names the setting. */
typedef enum err config_check_fn(const struct config *config, struct err_info *error);

/* As config_read; `check` may be NULL. The texts of argv are borrowed and must stay. On success config_live_drop is
 * owed. */
MUST_CHECK enum err config_live_read(struct config_live **live, const char *file, int *argc, char **argv,
                                     config_check_fn *check, struct err_info *error);
void config_live_drop(struct config_live *live);

/* What is in force; valid as long as `live`. From any thread. */
const struct config *config_now(const struct config_live *live);

/* A setting that a reload found changed. The texts are as config_print writes them: secrets masked. */
struct config_change {
    const char *name;
    const char *before, *after;
    const char *origin; /* of the new value */
    bool taken;         /* it counts from now on; else after a restart */
};
typedef void config_changed_fn(const struct config_change *change, void *context);

/* Reads all sources again. ERR_USAGE: one of them is wrong, or the file that was read at the start is gone; nothing is
 * changed then. `tell` is called for each change. Threads must not call it at the same time; a signal handler must
 * not. */
MUST_CHECK enum err config_live_reload(struct config_live *live, config_changed_fn *tell, void *context,
                                       struct err_info *error);

/* What SIGHUP does: reloads, sets the log's level, and logs one line for each change, or why there is none. The quiet
 * form, for processes whose parent has told already, logs only that something has changed, or what went wrong. False:
 * nothing was taken over, for the sources cannot be used. */
enum config_telling { CONFIG_TELL, CONFIG_TELL_BRIEFLY };
bool config_live_hang_up(struct config_live *live, enum config_telling telling);

#endif
