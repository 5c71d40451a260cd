/* What removing an app and removing a repository have in common. */
#ifndef REPRISE_PRODUCER_REMOVAL_H
#define REPRISE_PRODUCER_REMOVAL_H

#include "producer/session.h"

/* Says that it is done. `repository_id` may be NULL. */
void removal_show(const struct session *session, const char *app_id, const char *repository_id);

#endif
