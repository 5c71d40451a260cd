/* What a person calls an app or a repository, turned into its id. */
#ifndef REPRISE_PRODUCER_NAME_LOOKUP_H
#define REPRISE_PRODUCER_NAME_LOOKUP_H

#include "common/base/ids.h"
#include "producer/session.h"

/* By id, or by a name that only one app has. ERR_NOT_FOUND; ERR_CONFLICT names the ids where several have that name. */
MUST_CHECK enum err name_lookup_app(struct session *session, const char *text, char app_id[ID_MAX],
                                    struct err_info *error);

/* By id, URL or owner/name, among what the app watches. */
MUST_CHECK enum err name_lookup_repository(struct session *session, const char *app_id, const char *text,
                                           char repository_id[ID_MAX], struct err_info *error);

/* An operation's id must look like one. ERR_USAGE. */
MUST_CHECK enum err name_lookup_operation(const char *text, struct err_info *error);

#endif
