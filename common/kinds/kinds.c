/*
 * The table of kinds: what all programs know of each. How a kind runs is the worker's alone.
 *
 * To add one: a row here with its selections (their statements, `plan` and `check`, in sql/kinds/; none where a
 * definition brings its own, as `sql` and `command` do), its run in worker/run/ with a declaration in worker/run.h and
 * a row in worker/run/table.c, and a definition in definitions/ that uses it. tests/contract/kinds/ asks each row for
 * what it promises.
 */
#include "common/kinds/kinds.h"

#include <string.h>

#include "common/queue/recipe.h"

#include "embedded/sql_kinds.h"

#define END_OF_SELECTIONS                                                                                              \
    {                                                                                                                  \
        NULL, NULL, NULL                                                                                               \
    }

static const struct selection counted[] = {
    {"numbers", &sql_kinds_numbers, &sql_kinds_check_numbers},
    END_OF_SELECTIONS,
};

/* Of both kinds that deliver. */
#define LINKS_BY_RESULT                                                                                                \
    {"failed-link", &sql_kinds_failed_link, &sql_kinds_check_failed_link},                                             \
        {"failed-links-of-app", &sql_kinds_failed_links_of_app, &sql_kinds_check_failed_links_of_app},                 \
        {"failed-links", &sql_kinds_failed_links, &sql_kinds_check_failed_links},                                      \
        {"failed-links-to-rescan", &sql_kinds_failed_links_to_rescan, &sql_kinds_check_failed_links_to_rescan},        \
    {                                                                                                                  \
        "links-to-rescan", &sql_kinds_links_to_rescan, &sql_kinds_check_links_to_rescan                                \
    }

static const struct selection resync_links[] = {
    {"link", &sql_kinds_link, &sql_kinds_check_link},
    {"links-of-app", &sql_kinds_links_of_app, &sql_kinds_check_links_of_app},
    {"links-of-all", &sql_kinds_links_of_all, &sql_kinds_check_links_of_all},
    LINKS_BY_RESULT,
    END_OF_SELECTIONS,
};

/* The same links; how many files a snapshot sends is not known before. */
static const struct selection snapshot_links[] = {
    {"link", &sql_kinds_link, &sql_kinds_check_link_for_changes},
    {"links-of-app", &sql_kinds_links_of_app, &sql_kinds_check_links_of_app_for_changes},
    {"links-of-all", &sql_kinds_links_of_all, &sql_kinds_check_links_of_all_for_changes},
    LINKS_BY_RESULT,
    END_OF_SELECTIONS,
};

static const struct selection agents[] = {
    {"agents-directory", &sql_kinds_agents_directory, &sql_kinds_check_agents_directory},
    END_OF_SELECTIONS,
};

static const struct selection scanned[] = {
    {"scanned-runs", &sql_kinds_scanned_runs, &sql_kinds_check_any},
    END_OF_SELECTIONS,
};

/* Both under one name: a definition says that runs are compared, each kind knows with what. */
static const struct selection scored[] = {
    {"runs-to-compare", &sql_kinds_runs_to_score, &sql_kinds_check_any},
    END_OF_SELECTIONS,
};

static const struct selection compared[] = {
    {"runs-to-compare", &sql_kinds_runs_to_compare, &sql_kinds_check_any},
    END_OF_SELECTIONS,
};

static const struct selection patterned[] = {
    {"patterns-to-refresh", &sql_kinds_patterns_to_refresh, &sql_kinds_check_any},
    END_OF_SELECTIONS,
};

static const struct selection changed_costs[] = {
    {"cost-webhooks", &sql_kinds_cost_webhooks, &sql_kinds_check_cost_webhooks},
    END_OF_SELECTIONS,
};

static const struct selection workflows[] = {
    {"workflow", &sql_kinds_workflow, &sql_kinds_check_workflow},
    {"workflows", &sql_kinds_workflows, &sql_kinds_check_workflows},
    END_OF_SELECTIONS,
};

/* Of a definition's own: recipe.h. */
static const struct selection own[] = {
    {RECIPE_SQL, NULL, NULL},
    {RECIPE_RANGE, NULL, NULL},
    END_OF_SELECTIONS,
};

/* Some hundreds of rows a settle: a worker that dies repeats less. A re-cost is so little work that what a chunk costs
 * by itself counts: by a thousand it takes a seventh less of the processor than by 250. */
#define HISTORY_CHUNK 250
#define RECOST_CHUNK 1000
/* A statement of a thousand rows takes some tens of milliseconds: long enough that its frame does not count, short
 * enough that a pause or a lock waits for little. */
#define SQL_CHUNK 1000
/* What programs do takes its time; counts move with each chunk. */
#define COMMAND_CHUNK 100

static const struct selection definitions[] = {
    {"definitions", &sql_kinds_definitions, &sql_kinds_check_definitions},
    END_OF_SELECTIONS,
};

static const struct kind all[] = {
    {.name = "noop", .queue = "history", .chunk = 1000, .selections = counted},
    {.name = "resync-definitions", .queue = "history", .chunk = 1, .exclusive = true, .selections = definitions},
    {.name = "resync",
     .queue = "delivery",
     .chunk = 1,
     .exclusive = true,
     .sends_requests = true,
     .selections = resync_links,
     .cancel_mark = &sql_kinds_cancel_mark},
    {.name = "snapshot",
     .queue = "delivery",
     .chunk = 1,
     .exclusive = true,
     .sends_requests = true,
     .selections = snapshot_links},
    {.name = "scan", .queue = "history", .chunk = HISTORY_CHUNK, .selections = agents},
    {.name = "enrich", .queue = "history", .chunk = HISTORY_CHUNK, .selections = scanned},
    {.name = "score", .queue = "history", .chunk = HISTORY_CHUNK, .selections = scored},
    {.name = "similarity", .queue = "history", .chunk = HISTORY_CHUNK, .selections = compared},
    {.name = "patterns", .queue = "history", .chunk = HISTORY_CHUNK, .selections = patterned},
    {.name = "cost-webhook", .queue = "delivery", .chunk = 16, .selections = changed_costs},
    {.name = "sql", .queue = "history", .chunk = SQL_CHUNK, .selections = own},
    {.name = "command", .queue = "delivery", .chunk = COMMAND_CHUNK, .long_chunks = true, .selections = own},
    {.name = "recost", .queue = "history", .chunk = RECOST_CHUNK, .chunk_arg = "batch_size", .selections = workflows},
};

const struct kind_table kinds = {all, sizeof all / sizeof *all};

static const char *job_name(size_t index, void *context)
{
    (void)context;
    return index < kinds.count ? kinds.kinds[index].name : NULL;
}

/* The list ends with a NULL name. */
static const char *selection_name(const char *job, size_t index, void *context)
{
    (void)context;
    const struct kind *kind = kind_find(&kinds, job);
    return kind != NULL ? kind->selections[index].name : NULL;
}

const struct definition_names kinds_names = {job_name, selection_name, NULL};

/* ---- arguments that are settings --------------------------------------------------------------------------------- */

/* Whole numbers only, so far. */
static const struct {
    const char *definition, *arg;
    size_t offset; /* in struct config */
} settings[] = {
    {"rescan", "age_ms", offsetof(struct config, rescan_age_ms)},
    {"rescan", "max_wait_ms", offsetof(struct config, rescan_max_wait_ms)},
    {"rescan", "away_wait_ms", offsetof(struct config, rescan_away_wait_ms)},
    {"rescan-failed", "age_ms", offsetof(struct config, rescan_age_ms)},
    {"rescan-failed", "max_wait_ms", offsetof(struct config, rescan_max_wait_ms)},
    {"rescan-failed", "away_wait_ms", offsetof(struct config, rescan_away_wait_ms)},
};

void setting_args_add(const struct definition *definition, struct json_object *args, const void *config)
{
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        int64_t value;
        if (strcmp(definition->id, settings[i].definition) != 0 || !definition_arg(definition, settings[i].arg) ||
            json_object_object_get_ex(args, settings[i].arg, NULL))
            continue;
        memcpy(&value, (const char *)config + settings[i].offset, sizeof value);
        json_object_object_add(args, settings[i].arg, json_object_new_int64(value));
    }
}
