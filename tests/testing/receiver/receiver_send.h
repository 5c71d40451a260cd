/* What tests of the receiver send it: deliveries as Reprise itself builds and signs them, and ones with a flaw. */
#ifndef REPRISE_RECEIVER_SEND_H
#define REPRISE_RECEIVER_SEND_H

#include "common/deliveries/body.h"
#include "tests/testing/receiver/receiver_client.h"

#define RECEIVER_SEND_APP "app_00000000000000000000000a"
#define RECEIVER_SEND_REPOSITORY "repo_00000000000000000000000b"
#define RECEIVER_SEND_FILES "/_/files?app=" RECEIVER_SEND_APP "&repository=" RECEIVER_SEND_REPOSITORY
#define RECEIVER_SEND_KEY "test-secret"

/* A message of commit "c1" and its content, which is borrowed. */
struct receiver_send {
    struct body_message message;
    struct content_facts facts; /* of the whole content; message.sha points here, or to what the test puts there */
    const char *content;        /* what this request carries */
    size_t len;
};
/* With sha, size and kind of this content; the previous sha is that of the empty file. `send` must not be moved. */
void receiver_send_init(struct receiver_send *send, enum verb verb, const char *path, const char *content, size_t len);

/* What is unusual about a request; zeroed = nothing. */
struct receiver_flaws {
    const char *key;           /* signs with it */
    const char *job_id;        /* default op_1/1 */
    const char *left_out;      /* the header line that begins so is not sent */
    int64_t clock_ahead_s;     /* the sender's clock */
    const struct buf *instead; /* this body is signed and sent */
};
struct receiver_reply receiver_send(struct receiver *receiver, const struct receiver_send *send,
                                    const struct receiver_flaws *flaws);
/* A text without flaws; returns the status, 0 = no answer. */
int receiver_send_text(struct receiver *receiver, enum verb verb, const char *path, const char *text);

#endif
