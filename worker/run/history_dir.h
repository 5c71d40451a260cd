/*
 * The agents directory: opening it beneath the configured one without following a link, and the runs in it by name.
 */
#ifndef REPRISE_WORKER_RUN_HISTORY_DIR_H
#define REPRISE_WORKER_RUN_HISTORY_DIR_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"

/* Entries between two ticks. */
#define HISTORY_TICK_ENTRIES 1024

/* A run's id is the name of its directory: letters, digits, '.', '_' and '-', not beginning with '.' or '-'. */
#define HISTORY_ID_MAX 128

/* Called now and then while much is read; what it returns other than ERR_OK ends the reading with it. */
typedef enum err history_tick(void *context, struct err_info *error);

struct history_dir {
    int fd;
    history_tick *tick;
    void *tick_context;
};

/* Opens the agents directory `below` in the directory `root`. `root` comes from the configuration and may be reached
 * by links; `below` (NULL or "": root itself) may come from a request: it is refused with ERR_USAGE if it is absolute,
 * has a ".." or goes through a link. ERR_NOT_FOUND if there is none. The caller's (history_dir_close). */
MUST_CHECK enum err history_dir_open(const char *root, const char *below, struct history_dir **out,
                                     struct err_info *error);
void history_dir_close(struct history_dir *dir);
/* As history_reader_set_tick, while the directory is listed: called for each thousand entries or so. */
void history_dir_set_tick(struct history_dir *dir, history_tick *tick, void *tick_context);
/* Whether a text can be a run's id. */
bool history_id_is_usable(const char *adw_id);

/* Names in byte order. */
struct history_names {
    char **items;
    size_t count;
    size_t skipped; /* entries of the whole directory that are no directory or no usable id */
};
/* The first `limit` run directories whose names come after `after` ("": from the start). It reads the whole directory
 * and keeps at most 2 * limit names. The caller's (history_names_fini). */
MUST_CHECK enum err history_dir_list(struct history_dir *dir, const char *after, size_t limit,
                                     struct history_names *out, struct err_info *error);
void history_names_fini(struct history_names *names);

#endif
