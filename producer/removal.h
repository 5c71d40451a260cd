/* What removing an app and removing a repository have in common. */
#ifndef REPRISE_PRODUCER_REMOVAL_H
#define REPRISE_PRODUCER_REMOVAL_H

#include "producer/session.h"

/* Removes an app with all its links (`repository_id` NULL), or one link, in bounded steps, each a transaction that also
 * deletes what the app was sent. A job that runs meanwhile is told by its next checkpoint. Harmless to repeat. */
MUST_CHECK enum err removal_remove(struct pg *pg, const char *app_id, const char *repository_id,
                                   struct err_info *error);
/* Says that it is done. `repository_id` may be NULL. */
void removal_show(const struct session *session, const char *app_id, const char *repository_id);

#endif
