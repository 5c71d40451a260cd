/* Versions of definitions, shared by threads: loaded once, bounded, kept while a thread uses them. */
#include "common/definitions/definition_registry.h"

#include "tests/contract/queue/fixture.h"

#define VERSIONS 100 /* more than are kept unused */
#define THREADS 4
#define ROUNDS 2000

struct shelf {
    struct fixture *fixture;
    struct versions *versions;
    char digests[VERSIONS][SHA256_HEX + 1];
};

static struct operation pinned_to(const struct shelf *shelf, int number)
{
    return (struct operation){.digest = (char *)(uintptr_t)shelf->digests[number],
                              .definition = (char *)(uintptr_t) "v"};
}

static const struct definition *get(const struct shelf *shelf, struct pg *pg, int number)
{
    struct err_info error;
    const struct definition *definition = NULL;
    struct operation operation = pinned_to(shelf, number);
    assert_fine(versions_get(shelf->versions, pg, &operation, &definition, &error));
    return definition;
}

static void a_version_is_loaded_once(void **state)
{
    struct shelf *shelf = *state;
    struct pg *nowhere = pg_new("postgresql:///none?host=/nonexistent", "test", PG_LIMITS_HOT);
    const struct definition *first = get(shelf, shelf->fixture->pg, 7), *second = get(shelf, nowhere, 7);
    assert_ptr_equal(first, second);
    assert_string_equal(first->name, "Number 7");
    versions_give_back(shelf->versions, first);
    versions_give_back(shelf->versions, second);
    versions_give_back(shelf->versions, get(shelf, nowhere, 7)); /* also when no thread used it for a while */
    versions_give_back(shelf->versions, NULL);
    pg_drop(nowhere);
}

static void what_is_not_there_is_said(void **state)
{
    struct shelf *shelf = *state;
    struct err_info error = {.code = ERR_OK};
    const struct definition *definition = NULL;
    char none[] = "none", name[] = "v";
    struct operation operation = {.digest = none, .definition = name};
    assert_int_equal(versions_get(shelf->versions, shelf->fixture->pg, &operation, &definition, &error), ERR_PERMANENT);
    assert_non_null(strstr(error.text, "version none of definition v is not in the database"));
    struct pg *nowhere = pg_new("postgresql:///none?host=/nonexistent", "test", PG_LIMITS_HOT);
    operation = pinned_to(shelf, 1);
    assert_int_equal(versions_get(shelf->versions, nowhere, &operation, &definition, &error), ERR_UNREACHABLE);
    assert_null(definition);
    pg_drop(nowhere);
}

/* The one used longest ago goes; what is in use stays, however many come after it. */
static void what_is_used_stays_and_the_rest_is_bounded(void **state)
{
    struct shelf *shelf = *state;
    struct pg *nowhere = pg_new("postgresql:///none?host=/nonexistent", "test", PG_LIMITS_HOT);
    struct err_info error;
    const struct definition *definition = NULL, *used = get(shelf, shelf->fixture->pg, 0);
    for (int i = 1; i < VERSIONS; i++)
        versions_give_back(shelf->versions, get(shelf, shelf->fixture->pg, i));
    assert_string_equal(used->name, "Number 0");
    assert_ptr_equal(get(shelf, nowhere, 0), used);
    struct operation oldest = pinned_to(shelf, 1);
    assert_int_equal(versions_get(shelf->versions, nowhere, &oldest, &definition, &error), ERR_UNREACHABLE);
    versions_give_back(shelf->versions, get(shelf, nowhere, VERSIONS - 1));
    versions_give_back(shelf->versions, used);
    versions_give_back(shelf->versions, used);
    pg_drop(nowhere);
}

static void *use_them(void *context)
{
    struct shelf *shelf = context;
    struct err_info error;
    unsigned random = (unsigned)(uintptr_t)pthread_self();
    struct pg *pg = pg_new(stores_postgres_url(shelf->fixture->stores), "user", PG_LIMITS_HOT);
    if (pg_ready(pg, &error) != ERR_OK)
        abort();
    for (int i = 0; i < ROUNDS; i++) {
        char name[32];
        const struct definition *definition = NULL;
        int number = (int)((random = random * 1103515245 + 12345) >> 16) % VERSIONS;
        struct operation operation = pinned_to(shelf, number < 0 ? -number : number);
        snprintf(name, sizeof name, "Number %d", number);
        if (versions_get(shelf->versions, pg, &operation, &definition, &error) != ERR_OK ||
            strcmp(definition->name, name) != 0)
            abort();
        versions_give_back(shelf->versions, definition);
    }
    pg_drop(pg);
    return NULL;
}

static void threads_share_them(void **state)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use_them, *state), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static int setup(void **state)
{
    void *fixture;
    struct err_info error;
    struct shelf *shelf = mem_zalloc(sizeof *shelf);
    queue_setup(&fixture);
    shelf->fixture = fixture;
    shelf->versions = versions_new();
    for (int i = 0; i < VERSIONS; i++) {
        char text[200];
        struct definition *definition;
        snprintf(text, sizeof text, "id: v\nname: Number %d\nphases: [{id: p, job: quick, over: numbers}]\n", i);
        assert_fine(definition_parse(text, strlen(text), NULL, &definition, &error));
        definition_digest(definition, shelf->digests[i]);
        put_in_force(shelf->fixture, definition);
        definition_drop(definition);
    }
    *state = shelf;
    return 0;
}

static int teardown(void **state)
{
    struct shelf *shelf = *state;
    void *fixture = shelf->fixture;
    versions_drop(shelf->versions);
    free(shelf);
    return queue_teardown(&fixture);
}

#define fresh(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        fresh(a_version_is_loaded_once),
        fresh(what_is_not_there_is_said),
        fresh(what_is_used_stays_and_the_rest_is_bounded),
        fresh(threads_share_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
