/*
 * A request as its handler sees it, from the moment that it has arrived in full: what it asks, who asks, and the reply
 * that is being made. The loop makes it, one executor fills the reply, the loop sends it; nobody else touches it.
 */
#ifndef REPRISE_DASHBOARD_CALL_H
#define REPRISE_DASHBOARD_CALL_H

#include <json-c/json_object.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/crypto.h"
#include "common/base/ids.h"
#include "common/query/query_params.h"
#include "dashboard/credential.h"
#include "dashboard/uri.h"
#include "dashboard/route.h"
#include "dashboard/token.h"

#define CALL_BODY_MAX (1024 * 1024)
#define CALL_ID_MAX 24

/* Who asks. */
struct caller {
    enum { CALLER_NOBODY, CALLER_ASKED, CALLER_SESSION, CALLER_TOKEN } by; /* the second only while it is found out */
    bool cookie; /* the session came as a cookie, which browsers send unasked */
    bool token;  /* it is a JWT that is asked for */
    enum role role;
    char name[TOKEN_SUBJECT_MAX];
    uint8_t session[SHA256_BYTES]; /* the digest of a session's token */
    char expires_at[40];
};

enum reply_kind {
    REPLY_TEXT,   /* `text` */
    REPLY_EVENTS, /* the stream of events, until one side ends it */
};

struct reply {
    enum reply_kind kind;
    int status;
    const char *type; /* Content-Type; a constant */
    struct buf text;
    char *cookie;        /* Set-Cookie; owned; NULL = none */
    char *location;      /* Location, of a redirection; owned; NULL = none */
    const char *allowed; /* Allow, of a 405; NULL = none */
    int64_t retry_after_s;
    bool ends_session; /* the caller's: whatever streams it has open end too */
};

/* That a call waits for an operation: waiting.h. */
struct call_wait {
    route_fn *then; /* NULL = it does not */
    char operation_id[ID_MAX];
    bool is_over, ended; /* it need not wait any longer; because the operation has ended */
    int64_t deadline_ms, look_ms, nap_ms;
    struct call *next; /* of the waiting room */
};

struct call {
    const struct route *route;
    struct route_params params;
    struct query query;
    struct buf body;
    char *content_type, *authorization, *cookie, *origin, *host; /* headers; NULL = not sent */
    char address[INET6_ADDRSTRLEN];                              /* who sent it, as far as proxies are trusted */
    bool tls;                                                    /* the browser spoke TLS, to a proxy */
    bool forwarded;       /* a proxy passed it on, trusted or not, as far as it shows */
    char id[CALL_ID_MAX]; /* in a header of the answer, and in the log of a failure */
    struct caller caller;
    struct desk *desk; /* of the executor that has it in hand */
    struct call_wait wait;
    int refusal; /* the status that an error is to have; 0 = what its class says */
    struct reply reply;
};

void call_init(struct call *call);
void call_fini(struct call *call);

/* A variable part of the path, or a parameter of the query; NULL = not given. Borrowed. */
const char *call_value(const struct call *call, const char *name);
/* The same for the questions of common/query. Valid as long as the call. */
struct query_params call_asked(const struct call *call);

/* The body as an object that has no other keys than these (ended by NULL); the caller's. An empty body is an empty
 * object. ERR_USAGE, and with another type than JSON the status 415. */
MUST_CHECK enum err call_body(struct call *call, const char *const *keys, struct json_object **object,
                              struct err_info *error);
/* A text of the body: NULL where it is absent, borrowed. ERR_USAGE if it is no string or longer than `most` bytes. */
MUST_CHECK enum err call_text(struct json_object *body, const char *key, size_t most, const char **text,
                              struct err_info *error);

/* The reply: `json` is taken, and wrapped where the route wraps. */
void call_reply(struct call *call, int status, struct json_object *json);
/* The reply to an error: its status from its class unless `refusal` says otherwise. What is our own failure is logged,
 * and its text does not leave the program. */
void call_reply_error(struct call *call, const struct err_info *error);
/* Fills in an error with a status of its own, and returns its code. */
enum err call_refuse(struct call *call, int status, struct err_info *error, const char *format, ...) PRINTF_LIKE(4, 5);

#endif
