#include "tests/receiver/app.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "tests/receiver/body.h"
#include "tests/receiver/seen.h"

struct counts {
    int64_t requests, by_verb[VERB_COUNT];
    int64_t by_headers[CHECK_COUNT], bad_bodies, bad_order;
    int64_t went_back, misbehaved, body_bytes;
};

struct app {
    struct app_parts parts;
    struct held *held;
    struct seen *seen;
    struct behave *behave;
    struct body body;
    struct counts counts;
};

struct app *app_new(const struct app_parts *parts)
{
    struct app *app = mem_zalloc(sizeof *app);
    app->parts = *parts;
    app->held = held_new(parts->keep);
    app->seen = seen_new();
    app->behave = behave_new();
    return app;
}

void app_drop(struct app *app)
{
    if (!app)
        return;
    held_drop(app->held);
    seen_drop(app->seen);
    behave_drop(app->behave);
    body_fini(&app->body);
    free(app);
}

struct behave *app_behave(struct app *app)
{
    return app->behave;
}

struct held *app_held(struct app *app)
{
    return app->held;
}

void app_reset(struct app *app)
{
    held_drop(app->held);
    seen_drop(app->seen);
    app->held = held_new(app->parts.keep);
    app->seen = seen_new();
    app->counts = (struct counts){0};
    behave_reset(app->behave);
}

static const int header_status[CHECK_COUNT] = {
    [CHECK_BAD_HEADERS] = 400, [CHECK_BAD_TIME] = 401, [CHECK_BAD_SIGNATURE] = 401};

static struct behave_answer refusal(int status)
{
    return (struct behave_answer){BEHAVE_FAIL, status, -1, false};
}

/* A request with good headers. Leaves the answer and what the log line says about it. */
static struct behave_answer receive_body(struct app *app, struct delivery *delivery, struct record_line *line,
                                         char why[DELIVERY_WHY_MAX])
{
    struct seen_key *key = seen_note(app->seen, line->key, delivery, &line->repeated);
    line->went_back = held_went_back(app->held, delivery);
    app->counts.went_back += line->went_back;
    struct behave_answer answer = behave_decide(app->behave, delivery);
    app->counts.misbehaved += answer.mode != BEHAVE_OK;
    if (!answer.applies)
        return answer;
    line->applied = held_apply(app->held, delivery, why);
    if (line->applied) {
        seen_accepted(key);
        return answer;
    }
    line->in_order = false;
    app->counts.bad_order++;
    return refusal(409);
}

static struct behave_answer judge(struct app *app, const struct app_request *request, struct delivery *delivery,
                                  struct record_line *line, char why[DELIVERY_WHY_MAX])
{
    char unsaid[DELIVERY_WHY_MAX]; /* what is wrong with the body, where the headers are worse */
    line->headers = check_headers(app->parts.keys, &request->headers, request->body, request->len, why);
    bool good = line->headers == CHECK_GOOD;
    bool well_formed = body_read(&app->body, request->body, request->len, delivery, good ? why : unsaid);
    app->counts.by_headers[line->headers]++;
    if (!good)
        return refusal(header_status[line->headers]);
    if (well_formed)
        return receive_body(app, delivery, line, why);
    app->counts.bad_bodies++;
    return refusal(422);
}

struct app_answer app_receive(struct app *app, const struct app_request *request)
{
    const char *app_id = request->headers.app_id, *key = request->headers.idempotency_key;
    struct delivery delivery = {.verb = request->verb, .app_id = app_id ? app_id : ""};
    delivery.repository_id = delivery.path = delivery.sha = delivery.previous_sha = delivery.commit_sha = "";
    delivery.chunk_id = "";
    struct app_answer answer = {.why = ""};
    struct record_line line = {.seq = ++app->counts.requests, .delivery = &delivery, .in_order = true};
    line.key = key ? key : "";
    line.why = answer.why;
    app->counts.by_verb[request->verb]++;
    app->counts.body_bytes += (int64_t)request->len;
    answer.behave = judge(app, request, &delivery, &line, answer.why);
    line.status = answer.behave.status;
    record_add(app->parts.record, &line);
    body_reset(&app->body);
    return answer;
}

void app_add_stats(struct app *app, struct buf *out)
{
    const struct counts *counts = &app->counts;
    const struct seen_counts *seen = seen_counts(app->seen);
    const struct held_counts *held = held_counts(app->held);
    const struct {
        const char *name;
        int64_t value;
    } numbers[] = {
        {"body_bytes", counts->body_bytes},
        {"bad_headers", counts->by_headers[CHECK_BAD_HEADERS]},
        {"bad_times", counts->by_headers[CHECK_BAD_TIME]},
        {"bad_signatures", counts->by_headers[CHECK_BAD_SIGNATURE]},
        {"bad_bodies", counts->bad_bodies},
        {"bad_order", counts->bad_order},
        {"went_back", counts->went_back},
        {"misbehaved", counts->misbehaved},
        {"keys", seen->keys},
        {"repeated_keys", seen->repeated_keys},
        {"max_repeats", seen->max_repeats},
        {"accepted_again", seen->accepted_again},
        {"key_conflicts", seen->key_conflicts},
        {"files", held->files},
        {"incomplete", held->incomplete},
        {"created_again", held->created_again},
        {"updates_of_none", held->updates_of_none},
        {"other_previous", held->other_previous},
    };
    record_flush(app->parts.record);
    buf_add_str(out, "{\"requests\":");
    buf_add_int(out, counts->requests);
    for (int verb = VERB_DELETE; verb < VERB_COUNT; verb++) {
        buf_addf(out, "%s\"%s\":", verb == VERB_DELETE ? ",\"by_verb\":{" : ",", verb_name((enum verb)verb));
        buf_add_int(out, counts->by_verb[verb]);
    }
    buf_add_char(out, '}');
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        buf_addf(out, ",\"%s\":", numbers[i].name);
        buf_add_int(out, numbers[i].value);
    }
    buf_add_char(out, '}');
}
