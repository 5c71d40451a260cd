/* What removing an app and removing a repository have in common. */
#ifndef REPRISE_PRODUCER_REMOVAL_H
#define REPRISE_PRODUCER_REMOVAL_H

#include "producer/session.h"

/* Deletes in steps what the app was sent, of one repository or of all (NULL), so that the cascade has little left. */
MUST_CHECK enum err removal_forget(struct pg *pg, const char *app_id, const char *repository_id,
                                   struct err_info *error);
/* Says that it is done. `repository_id` may be NULL. */
void removal_show(const struct session *session, const char *app_id, const char *repository_id);

#endif
