/* What the contract tests of the kinds' statements share: a migrated database and a connection to it. */
#ifndef REPRISE_TESTS_KINDS_TEST_H
#define REPRISE_TESTS_KINDS_TEST_H

#include <stdlib.h>

#include "common/store/migrate.h"
#include "common/store/pg.h"
#include "tests/testing/stores.h"
#include "tests/testing/testing.h"

struct world {
    struct stores *stores;
    struct pg *pg;
};

static inline void check_fine(enum err outcome, const struct err_info *error)
{
    if (outcome != ERR_OK)
        fail_msg("%s [%s] %s", err_name(outcome), error->sqlstate, error->text);
}

/* Statements without parameters. */
static inline void run_text(struct world *world, const char *text)
{
    struct err_info error = {.code = ERR_OK};
    check_fine(pg_script(world->pg, text, &error), &error);
}

static inline int world_setup(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    struct err_info error = {.code = ERR_OK};
    struct migrate_done done;
    world->stores = stores_new();
    world->pg = pg_new(stores_postgres_url(world->stores), "test", PG_LIMITS_HOT);
    check_fine(migrate_ensure(world->pg, MIGRATE_ANY, &done, &error), &error);
    check_fine(pg_ready(world->pg, &error), &error);
    *state = world;
    return 0;
}

static inline int world_teardown(void **state)
{
    struct world *world = *state;
    pg_drop(world->pg);
    stores_drop(world->stores);
    free(world);
    return 0;
}

#endif
