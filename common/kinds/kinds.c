/*
 * To add a kind: a row here, its selections with their statements in sql/select/, and its run in worker/run/table.c.
 */
#include "common/kinds/kinds.h"

#include "embedded/sql.h"

#define END_OF_SELECTIONS                                                                                              \
    {                                                                                                                  \
        NULL, NULL, NULL                                                                                               \
    }

static const struct selection counted[] = {
    {"numbers", &sql_select_numbers, &sql_select_check_numbers},
    END_OF_SELECTIONS,
};

static const struct selection links[] = {
    {"link", &sql_select_link, &sql_select_check_link},
    {"links-of-app", &sql_select_links_of_app, &sql_select_check_links_of_app},
    {"links-of-all", &sql_select_links_of_all, &sql_select_check_links_of_all},
    {"failed-link", &sql_select_failed_link, &sql_select_check_failed_link},
    {"failed-links-of-app", &sql_select_failed_links_of_app, &sql_select_check_failed_links_of_app},
    {"failed-links", &sql_select_failed_links, &sql_select_check_failed_links},
    {"links-to-rescan", &sql_select_links_to_rescan, &sql_select_check_links_to_rescan},
    END_OF_SELECTIONS,
};

static const struct kind all[] = {
    {.name = "noop", .queue = "history", .chunk = 1000, .selections = counted},
    {.name = "resync",
     .queue = "delivery",
     .chunk = 1,
     .exclusive = true,
     .sends_requests = true,
     .selections = links,
     .cancel_mark = &sql_deliveries_cancel_mark},
    {.name = "snapshot",
     .queue = "delivery",
     .chunk = 1,
     .exclusive = true,
     .sends_requests = true,
     .selections = links},
};

const struct kind_table kinds = {all, sizeof all / sizeof *all};

static bool job_exists(const char *job, void *context)
{
    (void)context;
    return kind_find(&kinds, job) != NULL;
}

static bool selection_exists(const char *job, const char *selection, void *context)
{
    (void)context;
    const struct kind *kind = kind_find(&kinds, job);
    return kind != NULL && selection_find(kind, selection) != NULL;
}

const struct definition_names kinds_names = {job_exists, selection_exists, NULL};
