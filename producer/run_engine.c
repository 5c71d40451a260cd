/*
 * The engine as it is at this moment: workers by their heartbeats, queues by what waits, is worked on, and is put off.
 * Both read Redis, so both fail where it does not answer; nothing is changed. Called by the table of commands
 * (commands.c).
 */
#include <stdio.h>

#include "common/base/clock.h"
#include "common/base/json.h"
#include "common/query/engine.h"
#include "producer/out.h"
#include "producer/session.h"
#include "producer/table.h"

static void print_table(const struct table *table)
{
    struct buf text = BUF_INIT;
    table_write(table, &text);
    fwrite(text.data, 1, text.len, stdout);
    buf_fini(&text);
}

/* ---- workers --------------------------------------------------------------------------------------------------- */

static void add_worker_row(struct table *table, struct json_object *worker)
{
    char length[CLOCK_ISO_MAX];
    struct buf text = BUF_INIT;
    const char *const numbers[] = {"running", "done"};
    table_cell(table, json_get_string(worker, "worker"));
    table_cell(table, json_get_string(worker, "state"));
    buf_addf(&text, "%s ago", clock_human_ms(json_get_int(worker, "silent_ms", 0), length));
    table_cell(table, json_get(worker, "silent_ms") == NULL ? NULL : text.data);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        buf_reset(&text);
        out_add_count(&text, json_get_int(worker, numbers[i], 0));
        table_cell(table, json_get(worker, numbers[i]) == NULL ? NULL : text.data);
    }
    buf_reset(&text);
    buf_add_int(&text, json_get_int(worker, "pid", 0));
    table_cell(table, json_get(worker, "pid") == NULL ? NULL : text.data);
    table_cell(table, json_get_string(worker, "host"));
    buf_fini(&text);
}

static void print_workers(struct json_object *workers)
{
    struct table *table = table_new();
    table_column(table, "WORKER", TABLE_LEFT);
    table_column(table, "STATE", TABLE_LEFT);
    table_column(table, "LAST BEAT", TABLE_LEFT);
    table_column(table, "RUNNING", TABLE_RIGHT);
    table_column(table, "DONE", TABLE_RIGHT);
    table_column(table, "PID", TABLE_RIGHT);
    table_column(table, "HOST", TABLE_LEFT);
    for (size_t i = 0; i < json_object_array_length(workers); i++)
        add_worker_row(table, json_object_array_get_idx(workers, i));
    print_table(table);
    table_drop(table);
}

enum err run_workers(struct session *session, struct err_info *error)
{
    struct json_object *workers = NULL;
    enum err err = session_redis(session, error);
    if (err == ERR_OK)
        err = engine_workers(&session->dispatch, &workers, error);
    if (err == ERR_OK && session->json) {
        struct json_object *document = json_object_new_object();
        json_object_object_add(document, "workers", json_object_get(workers));
        out_json(document);
    } else if (err == ERR_OK && json_object_array_length(workers) == 0) {
        out_note("No worker has run within the last day.");
    } else if (err == ERR_OK) {
        print_workers(workers);
    }
    json_object_put(workers);
    return err;
}

/* ---- queues ---------------------------------------------------------------------------------------------------- */

static void show_queues(struct json_object *queues, struct json_object *inbox)
{
    static const struct {
        const char *title, *key;
    } columns[] = {{"OPERATIONS", "operations"},       {"OPEN JOBS", "open_jobs"},
                   {"QUEUED CHUNKS", "queued_chunks"}, {"ACTIVE CHUNKS", "active_chunks"},
                   {"DELAYED", "delayed_operations"},  {"SUSPECTS", "suspect_chunks"}};
    struct table *table = table_new();
    struct buf text = BUF_INIT;
    table_column(table, "QUEUE", TABLE_LEFT);
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        table_column(table, columns[i].title, TABLE_RIGHT);
    for (size_t q = 0; q < json_object_array_length(queues); q++) {
        struct json_object *queue = json_object_array_get_idx(queues, q);
        table_cell(table, json_get_string(queue, "queue"));
        for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
            buf_reset(&text);
            out_add_count(&text, json_get_int(queue, columns[i].key, 0));
            table_cell(table, text.data);
        }
    }
    print_table(table);
    out_line("inbox: %lld waiting, %lld rejected", (long long)json_get_int(inbox, "waiting", 0),
             (long long)json_get_int(inbox, "rejected", 0));
    buf_fini(&text);
    table_drop(table);
}

enum err run_queues(struct session *session, struct err_info *error)
{
    struct json_object *workers = NULL, *queues = NULL;
    enum err err = session_postgres(session, error);
    if (err == ERR_OK)
        err = session_redis(session, error);
    if (err == ERR_OK)
        err = engine_workers(&session->dispatch, &workers, error);
    if (err == ERR_OK)
        err = engine_queues(&session->dispatch, session->pg, workers, &queues, error);
    if (err == ERR_OK && session->json)
        out_json(json_object_get(queues));
    else if (err == ERR_OK)
        show_queues(json_get(queues, "queues"), json_get(queues, "inbox"));
    json_object_put(queues);
    json_object_put(workers);
    return err;
}
