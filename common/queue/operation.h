/*
 * Operations in PostgreSQL: accepting a request, looking one up, cancel, pause, resume. Nothing here speaks to Redis:
 * that is dispatch.h, after the commit.
 */
#ifndef REPRISE_QUEUE_OPERATION_H
#define REPRISE_QUEUE_OPERATION_H

#include <json-c/json_object.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/queue/definition.h"
#include "common/queue/kind.h"
#include "common/queue/tally.h"
#include "common/store/pg.h"

struct operation {
    struct tally tally;
    char *definition, *digest, *args, *subject, *phases, *queue, *requested_by;
    int chunk, window;
    bool dry_run, single, loaded;
    char *created_at, *finished_at, *error, *plan_cursor; /* the last three may be NULL */
    int plan_failures;
};

/* On success `*operation` is the caller's (operation_drop). ERR_NOT_FOUND: "no operation op_…". */
MUST_CHECK enum err operation_get(struct pg *pg, const char *operation_id, struct operation **operation,
                                  struct err_info *error);
void operation_drop(struct operation *operation);

/* The definition version that an operation is pinned to, from PostgreSQL; the caller's (definition_drop). */
MUST_CHECK enum err operation_definition(struct pg *pg, const struct operation *operation,
                                         struct definition **definition, struct err_info *error);

/* What would be done: from the first phase's selection. −1 = not known. */
struct preview {
    char *subject;
    int64_t jobs, files, bytes;
};
void preview_fini(struct preview *preview);
/* `args` must be complete (definition_check_args). ERR_USAGE, ERR_NOT_FOUND and ERR_CONFLICT as the selection's check
 * says (RP400, RP404, RP409). */
MUST_CHECK enum err operation_preview(struct pg *pg, const struct kind_table *kinds,
                                      const struct definition *definition, struct json_object *args,
                                      struct preview *preview, struct err_info *error);

/* A tick of a schedule: dealt with in the transaction that makes the operation, so that it fires once. */
struct request_tick {
    int64_t definition_id; /* of its row in workflow_definitions */
    int64_t at_ms;         /* Unix time, as the next */
    int64_t until_ms;      /* afterwards it is too late for it: ERR_BUSY */
};

struct request {
    const char *handle; /* what people call the definition: "project/id"; NULL = its id */
    const struct definition *definition;
    int64_t catalog_id; /* its row in workflow_definitions, where `definition` must be in force; 0 = it has none */
    struct json_object *args; /* complete */
    const char *operation_id; /* chosen by the client, or NULL; its appearance is the client's receipt */
    const char *stamp;        /* given to an inbox item by its acceptor: makes accepting repeatable; or NULL */
    const char *request_id;   /* the client's own id of this request, or NULL */
    const char *requested_by;
    bool dry_run;
    const struct request_tick *tick; /* NULL = none; wants an operation_id */
};
struct accepted {
    char operation_id[ID_MAX];
    bool repeated; /* an equal request was waiting, or this one had been accepted before: its operation */
    bool single;
    bool outdated; /* with ERR_CONFLICT: the definition changed after it was looked up; look again */
    char *subject; /* the caller's */
};
/* Writes operation and tally in one transaction, jobs not yet (plan.h). ERR_CONFLICT: the chosen id exists with other
 * content, or the definition is not in force any more. ERR_BUSY: the tick was dealt with already. */
MUST_CHECK enum err operation_accept(struct pg *pg, const struct kind_table *kinds, const struct request *request,
                                     struct accepted *accepted, struct err_info *error);

/* After it has returned ERR_OK nothing more of the operation commits but the removal of what it leaves (I4). `*tally`
 * is what was done. One that has ended already: ERR_CONFLICT with its tally, except a cancelled one (ERR_OK again). */
MUST_CHECK enum err operation_cancel(struct pg *pg, const char *operation_id, struct tally *tally,
                                     struct err_info *error);
/* ERR_CONFLICT if its state refuses; `*tally` as it is now in any case where it exists. */
MUST_CHECK enum err operation_pause(struct pg *pg, const char *operation_id, struct tally *tally,
                                    struct err_info *error);
MUST_CHECK enum err operation_resume(struct pg *pg, const char *operation_id, struct tally *tally,
                                     struct err_info *error);

/* Ends a done phase; idempotent. `*tally` as it is afterwards. */
MUST_CHECK enum err operation_advance(struct pg *pg, const char *operation_id, int phase, struct tally *tally,
                                      struct err_info *error);

#endif
