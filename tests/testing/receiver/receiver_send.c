#include "tests/testing/receiver/receiver_send.h"

#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/deliveries/sign.h"

#define EMPTY_SHA "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

void receiver_send_init(struct receiver_send *send, enum verb verb, const char *path, const char *content, size_t len)
{
    struct content reading;
    content_init(&reading);
    content_add(&reading, content, len);
    content_end(&reading, &send->facts);
    content_fini(&reading);
    send->content = content;
    send->len = len;
    send->message = (struct body_message){
        .verb = verb,
        .repository = {RECEIVER_SEND_REPOSITORY, "https://example.org/owner/name", "owner", "name"},
        .path = path,
        .sha = send->facts.sha,
        .size = send->facts.size,
        .kind = send->facts.kind,
        .commit_sha = "c1",
        .previous_sha = EMPTY_SHA,
        .timestamp_us = clock_wall_us(),
    };
}

static struct receiver_reply post_signed(struct receiver *receiver, const struct receiver_send *send,
                                         const struct receiver_flaws *flaws, const struct buf *body)
{
    const struct body_message *message = &send->message;
    int64_t now_s = clock_wall_us() / 1000000 + flaws->clock_ahead_s;
    char signature[SIGN_VALUE_MAX], idempotency_key[SIGN_KEY_MAX], path[64];
    sign_body(flaws->key ? flaws->key : RECEIVER_SEND_KEY, now_s, body->data, body->len, signature);
    sign_idempotency_key(&(struct sign_request){flaws->job_id ? flaws->job_id : "op_1/1", message->verb, message->path,
                                                message->sha, message->chunk.index},
                         idempotency_key);
    struct sign_headers headers;
    sign_headers_init(&headers,
                      &(struct sign_stamp){SIGN_PREFIX_DEFAULT, RECEIVER_SEND_APP, now_s, signature, idempotency_key});
    const char *sent[SIGN_HEADERS + 1] = {NULL};
    for (size_t i = 0, count = 0; headers.list[i]; i++)
        if (!flaws->left_out || strncmp(headers.list[i], flaws->left_out, strlen(flaws->left_out)) != 0)
            sent[count++] = headers.list[i];
    (void)snprintf(path, sizeof path, "/hooks/%s", verb_name(message->verb));
    return receiver_post(receiver, path, sent, body);
}

struct receiver_reply receiver_send(struct receiver *receiver, const struct receiver_send *send,
                                    const struct receiver_flaws *flaws)
{
    struct buf body = BUF_INIT;
    if (!flaws->instead)
        body_add(&body, &send->message, send->content, send->len);
    struct receiver_reply reply = post_signed(receiver, send, flaws, flaws->instead ? flaws->instead : &body);
    buf_fini(&body);
    return reply;
}

int receiver_send_text(struct receiver *receiver, enum verb verb, const char *path, const char *text)
{
    struct receiver_send send;
    receiver_send_init(&send, verb, path, text, strlen(text));
    return receiver_send(receiver, &send, &(struct receiver_flaws){0}).status;
}
