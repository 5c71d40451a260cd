/* A directory of workflow runs and what reads them, for tests; `facts` and `error` are of the run that was read last.
 */
#ifndef REPRISE_TESTS_UNIT_WORKER_RUN_PLACE_H
#define REPRISE_TESTS_UNIT_WORKER_RUN_PLACE_H

#include <stdlib.h>

#include "common/base/mem.h"
#include "tests/testing/testing.h"
#include "worker/run/history_files.h"

struct place {
    char *root;
    struct history_dir *dir;
    struct prices *prices;
    struct history_reader *reader;
    struct run_facts facts;
    struct err_info error;
};

static inline void place_open(struct place *place, const char *root)
{
    struct err_info error = {.code = ERR_OK};
    *place = (struct place){.root = mem_strdup(root), .prices = prices_builtin()};
    place->reader = history_reader_new(place->prices, NULL, NULL);
    if (history_dir_open(root, NULL, &place->dir, &error) != ERR_OK)
        fail_msg("%s", error.text);
    run_facts_init(&place->facts);
}

static inline void place_close(struct place *place)
{
    run_facts_fini(&place->facts);
    history_reader_drop(place->reader);
    history_dir_close(place->dir);
    prices_drop(place->prices);
    free(place->root);
}

static inline enum err read_run(struct place *place, const char *id)
{
    run_facts_fini(&place->facts);
    return history_files_read(place->reader, place->dir, id, &place->facts, &place->error);
}

static inline void expect_cost(struct place *place, const char *id, int64_t nusd)
{
    if (read_run(place, id) != ERR_OK)
        fail_msg("%s: %s", id, place->error.text);
    assert_true(place->facts.has_cost);
    assert_int_equal(place->facts.actual_cost_nusd, nusd);
}

#endif
