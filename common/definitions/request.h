/*
 * Two of the steps from a request to its operation: the preview says what would be done, and one transaction accepts
 * it. All of the way, for every program, is submission.h. Nothing here speaks to Redis.
 */
#ifndef REPRISE_DEFINITIONS_REQUEST_H
#define REPRISE_DEFINITIONS_REQUEST_H

#include <json-c/json_object.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/crypto.h"
#include "common/base/ids.h"
#include "common/definitions/definition.h"
#include "common/queue/kind.h"
#include "common/queue/operation.h"

/* What would be done: from the first phase's selection. −1 = not known. */
struct preview {
    char *subject;
    int64_t jobs, files, bytes;
    int64_t unsized; /* jobs whose files are not known, and not in `files` and `bytes`; 0 = none, or nothing is known */
};
void preview_fini(struct preview *preview);
/* `args` must be complete (definition_check_args). ERR_USAGE, ERR_NOT_FOUND and ERR_CONFLICT as the selection's check
 * says (RP400, RP404, RP409). */
MUST_CHECK enum err request_preview(struct pg *pg, const struct kind_table *kinds, const struct definition *definition,
                                    struct json_object *args, struct preview *preview, struct err_info *error);

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
    struct json_object *args;      /* complete */
    const struct preview *preview; /* of this definition and these arguments, made just before */
    const char *operation_id;      /* chosen by the client, or NULL; its appearance is the client's receipt */
    const char *stamp;             /* given to an inbox item by its acceptor: makes accepting repeatable; or NULL */
    const char *request_id;        /* the client's own id of this request, or NULL */
    const char *requested_by;
    bool dry_run;
    bool unless_idle; /* a request that would plan no job is refused: ERR_NOT_FOUND (submission_request) */
    const struct request_tick *tick; /* NULL = none; wants an operation_id */
};
struct accepted {
    char operation_id[ID_MAX];
    bool repeated; /* an equal request was waiting, or this one had been accepted before: its operation */
    bool single;
    bool outdated; /* with ERR_CONFLICT: the definition changed after it was looked up; look again */
};
/* Writes operation and tally in one transaction, jobs not yet (plan.h); reads no selection. ERR_CONFLICT: the chosen id
 * exists with other content, or the definition is not in force any more. ERR_BUSY: the tick was dealt with already. */
MUST_CHECK enum err request_accept(struct pg *pg, const struct kind_table *kinds, const struct request *request,
                                   struct accepted *accepted, struct err_info *error);

/* ---- for those that write the transaction: request.c, and request_many.c for many at once ------------------------ */

/* What is settled about a request before the transaction begins. */
struct draft {
    uint8_t key[SHA256_BYTES]; /* of definition and arguments */
    char digest[SHA256_HEX + 1];
    struct buf body, phases, args;
    const char *queue;
    int chunk;
};

/* Of a request with definition and complete arguments. ERR_PERMANENT: the definition names what this program does not
 * know. draft_fini is owed in any case. */
MUST_CHECK enum err draft_make(const struct kind_table *kinds, const struct request *request, struct draft *draft,
                               struct err_info *error);
void draft_fini(struct draft *draft);

/* The question of a preview, and its answer: for many in one message. */
void request_preview_add(struct pg_batch *batch, const struct selection *selection, struct json_object *args);
MUST_CHECK enum err request_preview_read(const PGresult *result, struct preview *preview, struct err_info *error);

/* ---- many at once ------------------------------------------------------------------------------------------------ */

/*
 * Many single requests in one transaction: accepted and planned together, as one after the other.
 */

#define REQUEST_NO_TWIN SIZE_MAX

/* A request on its way. */
struct request_one {
    struct request request; /* complete, with a preview of one job; no tick, no dry run */
    struct draft draft;
    const struct selection *selection; /* of its first phase */
    bool in;                           /* false: it is accepted by itself, or refused */
    /* What became of it, where it is `in` afterwards: */
    struct accepted accepted;
    bool fresh;                 /* it made an operation */
    size_t twin;                /* the equal request of these that made its operation, or REQUEST_NO_TWIN */
    struct operation operation; /* of one that is fresh, as dispatch_open_new wants it; its texts are borrowed */
};
struct request_many {
    struct request_one *list;
    size_t count;
    struct pg_batch *written; /* empty; afterwards it keeps what `operation` borrows */
};

/* Writes the operations, jobs and tallies of those that are `in`. On an error nothing was written (ERR_UNREACHABLE:
 * that is not known), and none is `in`. */
MUST_CHECK enum err requests_accept(struct pg *pg, struct request_many *many, struct err_info *error);

#endif
