/*
 * A request as its handler sees it, from the moment that it has arrived in full: what it asks, who asks, the reply that
 * is being made, and the executor that the handler runs on. The loop makes a call, one executor fills in its reply, the
 * loop sends it: at each moment one thread has it.
 */
#ifndef REPRISE_DASHBOARD_CALL_H
#define REPRISE_DASHBOARD_CALL_H

#include <json-c/json_object.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/config.h"
#include "common/base/crypto.h"
#include "common/base/ids.h"
#include "common/loop/mailbox.h"
#include "common/query/query_params.h"
#include "common/queue/dispatch.h"
#include "dashboard/request_headers.h"
#include "dashboard/route.h"
#include "dashboard/token.h"
#include "dashboard/uri.h"

#define CALL_BODY_MAX (1024 * 1024)
#define CALL_ID_MAX 24

/* Who asks. */
struct caller {
    enum {
        CALLER_UNKNOWN, /* no session and no token that is valid */
        CALLER_PENDING, /* PostgreSQL is being asked (session.c) */
        CALLER_SESSION,
        CALLER_TOKEN,
    } by;
    bool cookie; /* the session came as a cookie, which browsers send by themselves */
    bool token;  /* a JWT was sent, not a session's token */
    enum role role;
    char name[TOKEN_SUBJECT_MAX];
    uint8_t session[SHA256_BYTES]; /* the digest of a session's token */
    struct token_claims claims;    /* of a JWT */
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
    bool gzip;           /* `text` is compressed */
    char *cookie;        /* Set-Cookie; owned; NULL = none */
    char *location;      /* Location, of a redirection; owned; NULL = none */
    const char *allowed; /* Allow, of a 405; NULL = none */
    int64_t retry_after_s;
    bool ends_session; /* the caller's: its streams of events end too */
};

/* A call waits for an operation: call_executor.h. */
struct call_wait {
    route_fn *then; /* NULL = it does not */
    char operation_id[ID_MAX];
    bool is_over, ended; /* it need not wait any longer; because the operation has ended */
    int64_t deadline_ms, check_ms, pause_ms;
    struct call *next; /* in the waiter's list */
};

struct call {
    const struct route *route;
    struct route_params params;
    struct uri_query query;
    struct buf body;
    char *content_type, *authorization, *cookie, *origin, *host, *idempotency_key; /* headers; NULL = not sent */
    char address[INET6_ADDRSTRLEN]; /* who sent it, as far as proxies are trusted */
    bool tls;                       /* the browser spoke TLS, to a proxy */
    bool takes_gzip;                /* the answer may be compressed */
    bool forwarded;                 /* a proxy passed it on, trusted or not, as far as it shows */
    char id[CALL_ID_MAX];           /* in a header of the answer, and in the log of a failure */
    struct caller caller;
    struct call_executor *executor; /* the one that answers it */
    struct call_wait wait;
    int refusal; /* the status that an error is to have; 0 = what its class says */
    struct reply reply;
};

/* ---- where calls are answered ------------------------------------------------------------------------------------ */

struct login_throttle;

/* What all executors share: set before they start and not changed, but for what guards itself. */
struct call_pool {
    struct config_live *settings; /* see call_pool_config */
    const struct redis_address *redis;
    const struct crypto_keys *keys;
    struct login_throttle *throttle;
    struct mailbox *lanes[LANE_COUNT]; /* calls to be answered */
    struct mailbox *answered;          /* calls for the loop */
    atomic_bool prepared;              /* the database is ready for the routes (serve.h) */
    bool loopback;                     /* the program listens on loopback only */
};

/* One thread that answers calls, as its handlers see it. */
struct call_executor {
    struct call_pool *pool;
    enum lane lane;
    struct pg *pg; /* ready when a handler begins */
    struct dispatch dispatch;
    struct call *next; /* taken from the lane, but it could not join the group of calls before it */
    void *thread;
};

/* The settings as they are now. They may be others at the next call (SIGHUP), but what was returned stays as it is. */
static inline const struct config *call_pool_config(const struct call_pool *pool)
{
    return config_now(pool->settings);
}

/* The same for a call that an executor has. */
static inline const struct config *call_config(const struct call *call)
{
    return call_pool_config(call->executor->pool);
}

/* A message for a lane: one executor of it ends. */
extern struct call call_executor_stop;

/* ---- one call ---------------------------------------------------------------------------------------------------- */

void call_init(struct call *call);
void call_fini(struct call *call);

/* A variable part of the path, or a parameter of the query; NULL = not given. Borrowed. */
const char *call_value(const struct call *call, const char *name);
/* The same, as the queries of common/query read them. Valid as long as the call. */
struct query_params call_params(const struct call *call);

/* The body as an object that has no other keys than these (ended by NULL); the caller's. An empty body is an empty
 * object. ERR_USAGE, and with another type than JSON the status 415. */
MUST_CHECK enum err call_body(struct call *call, const char *const *keys, struct json_object **object,
                              struct err_info *error);
/* A text of the body: NULL where it is absent, borrowed. ERR_USAGE if it is no string or longer than `most` bytes. */
MUST_CHECK enum err call_text(struct json_object *body, const char *key, size_t most, const char **text,
                              struct err_info *error);

/* The reply: `json` is taken, and wrapped where the route wraps. */
void call_reply(struct call *call, int status, struct json_object *json);
/* The reply to an error: its status from its class unless `refusal` says otherwise. A failure of ours is logged, and
 * its text does not leave the program. */
void call_reply_error(struct call *call, const struct err_info *error);
/* Fills in an error with a status of its own, and returns its code. */
enum err call_refuse(struct call *call, int status, struct err_info *error, const char *format, ...) PRINTF_LIKE(4, 5);

/* ---- response ---------------------------------------------------------------------------------------------------- */

/* A reply turned into what libmicrohttpd sends: headers of security included. Runs on the loop's thread only. */

/* Compresses the text of a reply where the caller takes it so and it is worth it. On an executor, as the last thing: a
 * long list takes milliseconds that the loop has not. Never a reply that holds a secret beside what a caller chose (a
 * login, a new key): the length of a compressed text says something of its content. */
void response_compress(struct call *call);
/* Of a REPLY_TEXT, whose text it takes. The caller's (MHD_destroy_response). */
struct MHD_Response *response_of(struct call *call, const struct config *config);
/* The headers that every answer has. */
void response_harden(struct MHD_Response *response);

#endif
