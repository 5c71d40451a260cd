/*
 * What an executor keeps from one delivery job to the next: connections to the client apps, and the lists of private
 * addresses that the configuration allows, read once for each change of it.
 */
#ifndef REPRISE_WORKER_RUN_DELIVER_TOOLS_H
#define REPRISE_WORKER_RUN_DELIVER_TOOLS_H

#include "common/base/config.h"
#include "common/store/address.h"
#include "common/store/http.h"

struct deliver_tools {
    struct http *http;
    int parallel;                    /* of `http` */
    char *deliver_allow, *git_allow; /* the texts that the lists were read from */
    struct address_list *deliver_allowed, *git_allowed;
    int64_t waiting_logged_ms; /* clock_mono_ms when the log last said what this worker lacks; 0 = never */
};

/* Makes them, also where the configuration has changed since. `*kept` is the run's `tools`. ERR_USAGE: a list
 * of addresses is malformed. */
MUST_CHECK enum err deliver_tools_ready(void **kept, const struct config *config, struct deliver_tools **tools,
                                        struct err_info *error);
void deliver_tools_drop(void *tools);

#endif
