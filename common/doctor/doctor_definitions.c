/*
 * Whether the hosts agree on the definitions. The last host that read its files decides for all, so hosts with other
 * files, or another release, take turns in changing what is in force: each at its start. Heartbeats tell which
 * directory a worker has, PostgreSQL what was read there. Findings of invariant 0. Called by doctor_environment.c.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/mem.h"
#include "common/doctor/doctor_private.h"
#include "embedded/sql_doctor.h"

/* One content, and the first worker that has it. */
struct content {
    const char *digest, *release; /* borrowed from the rows */
    int64_t files;
    int workers;
    char worker[DOCTOR_WORKER_MAX];
};

struct contents {
    const PGresult *hosts;
    struct content *list;
    size_t count;
};

static int row_of(const PGresult *hosts, const char *host, const char *directory)
{
    for (int row = 0; row < pg_rows(hosts); row++)
        if (strcmp(pg_text(hosts, row, 0), host) == 0 && strcmp(pg_text(hosts, row, 1), directory) == 0)
            return row;
    return -1;
}

static struct content *content_of(struct contents *contents, int row)
{
    const char *digest = pg_text(contents->hosts, row, 4);
    for (size_t i = 0; i < contents->count; i++)
        if (strcmp(contents->list[i].digest, digest) == 0)
            return &contents->list[i];
    contents->list = mem_grow(contents->list, contents->count + 1, sizeof *contents->list);
    struct content *content = &contents->list[contents->count++];
    *content = (struct content){
        .digest = digest, .release = pg_text(contents->hosts, row, 2), .files = pg_int8(contents->hosts, row, 3)};
    return content;
}

/* Older workers do not tell their directory, and of a directory that was never read nothing is known. */
static void note_worker(const char *name, struct json_object *said, void *context)
{
    struct contents *contents = context;
    const char *host = json_get_string(said, "host"), *directory = json_get_string(said, "definitions");
    int row = host == NULL || directory == NULL ? -1 : row_of(contents->hosts, host, directory);
    if (row < 0)
        return;
    struct content *content = content_of(contents, row);
    if (content->workers++ == 0)
        snprintf(content->worker, sizeof content->worker, "%s", name);
}

static void say_disagreement(struct doctor *doctor, const struct contents *contents)
{
    struct buf text = BUF_INIT;
    for (size_t i = 0; i < contents->count; i++) {
        const struct content *content = &contents->list[i];
        buf_addf(&text, "%s%" PRId64 " files of release %s at %s", i == 0 ? "" : "; ", content->files, content->release,
                 content->worker);
        if (content->workers > 1)
            buf_addf(&text, " and %d more", content->workers - 1);
    }
    doctor_say(doctor, &(struct finding_on){0, DOCTOR_WARNING, DOCTOR_LEAVE, "definitions", 0},
               "workers have different files: %s. What one of them reads at its start replaces what another has "
               "brought (the newer release wins): give all hosts the same",
               text.data);
    buf_fini(&text);
}

enum err doctor_definitions(struct doctor *doctor, struct err_info *error)
{
    PGresult *hosts = NULL;
    struct err_info ignored = {0};
    enum err err = pg_exec(doctor->pg, &sql_doctor_definition_hosts, NULL, &hosts, error);
    struct contents contents = {.hosts = hosts};
    if (err == ERR_OK && doctor_each_worker(doctor, note_worker, &contents, &ignored) == ERR_OK && contents.count > 1)
        say_disagreement(doctor, &contents);
    free(contents.list);
    PQclear(hosts);
    return err;
}
