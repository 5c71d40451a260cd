/*
 * What is asked of a client app. The order of the values is the order of delivery within a job: deleted, created,
 * updated.
 */
#ifndef REPRISE_DELIVERIES_VERB_H
#define REPRISE_DELIVERIES_VERB_H

enum verb { VERB_NOTHING, VERB_DELETE, VERB_CREATE, VERB_UPDATE, VERB_SYNC_FAILED, VERB_COUNT };

/* The word in `POST {base_url}/<word>`, in the tables and in every message: "create". "nothing" for VERB_NOTHING. */
const char *verb_name(enum verb verb);
/* The reverse; VERB_NOTHING for any other word. */
enum verb verb_read(const char *name);

#endif
