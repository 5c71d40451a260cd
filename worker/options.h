/* The worker's own settings, read from text: how many executors for each queue; and what must hold of the others. Pure.
 */
#ifndef REPRISE_WORKER_OPTIONS_H
#define REPRISE_WORKER_OPTIONS_H

#include "common/base/config.h"
#include "common/queue/names.h"

#define EXECUTORS_MAX 256

/* "delivery=8,history=2": queues not named get none; at least one executor in all. ERR_USAGE says what is wrong. */
MUST_CHECK enum err executors_parse(const char *text, int executors[QUEUE_COUNT], struct err_info *error);

/* What a worker asks of its settings beyond their own rules; a config_check_fn. ERR_USAGE names the setting. */
MUST_CHECK enum err options_check(const struct config *config, struct err_info *error);

#endif
