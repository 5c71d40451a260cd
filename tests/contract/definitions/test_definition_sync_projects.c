/* Re-syncs beyond one directory and one at a time: projects, two at once, those who listen, many in a row. */
#include "common/definitions/project.h"
#include "tests/contract/definitions/definition_sync_test.h"

/* ---- projects ---------------------------------------------------------------------------------------------------- */

static void make_folders(const char *path)
{
    char *copy = mem_strdup(path);
    for (char *slash = strchr(copy + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(copy, 0700);
        *slash = '/';
    }
    assert_int_equal(mkdir(copy, 0700), 0);
    free(copy);
}

/* Its folder of definitions; the caller's. */
static char *add_project(const struct place *place, const char *id)
{
    struct err_info error;
    char *path = testing_join(place->directory, id), *folder = testing_join(path, DEFINITION_SYNC_PROJECT_FOLDER);
    make_folders(folder);
    assert_fine(project_add(place->fixture->pg, place->directory, &(struct project){id, "A project", path}, &error));
    free(path);
    return folder;
}

static void projects_have_definitions_of_their_own(void **state)
{
    struct place *place = *state;
    struct err_info error;
    struct registered_definition found;
    char *shop = add_project(place, "shop"), *farm = add_project(place, "farm"),
         *sub = testing_join(shop, "sub/deeper");
    make_folders(sub);
    write_in(place->inside, "a.yaml", GOOD("aa", "Global"));
    write_in(shop, "a.yaml", GOOD("aa", "Shop"));
    write_in(sub, "b.yaml", GOOD("bb", "Shop"));
    write_in(farm, "a.yaml", GOOD("aa", "Farm"));
    write_in(farm, "c.yaml", "id: cc\n");
    assert_answer(place, "new aa; new farm/aa; new shop/aa; new shop/bb; errors farm/cc 1:1 ");
    assert_fine(definition_registry_find(place->fixture->pg, "shop/aa", &found, &error));
    assert_string_equal(found.definition->name, "Shop");
    assert_string_equal(found.handle, "shop/aa");
    registered_definition_fini(&found);
    assert_fine(project_remove(place->fixture->pg, "shop", &error));
    assert_int_equal(project_remove(place->fixture->pg, "shop", &error), ERR_NOT_FOUND);
    assert_int_equal(definition_registry_find(place->fixture->pg, "shop/aa", &found, &error), ERR_NOT_FOUND);
    free(shop);
    free(farm);
    free(sub);
}

/* Its rows stay as they are: what cannot be seen is not gone. */
static void a_project_that_cannot_be_read_is_an_error_of_its_own(void **state)
{
    struct place *place = *state;
    char *shop = add_project(place, "shop"), *farm = add_project(place, "farm"), *hidden = testing_join(shop, "hidden");
    make_folders(hidden);
    write_in(shop, "a.yaml", GOOD("aa", "Shop"));
    write_in(farm, "a.yaml", GOOD("aa", "Farm"));
    assert_answer(place, "new farm/aa; new shop/aa");
    /* As root everything can be opened: a directory that is a file cannot be read as one by any user. */
    char *command = mem_alloc(3 * strlen(shop) + 64);
    sprintf(command, "mv '%s' '%s.away' && touch '%s'", shop, shop, shop);
    assert_int_equal(system(command), 0);
    write_in(farm, "a.yaml", GOOD("aa", "Farm two"));
    assert_answer(place, "updated farm/aa; errors shop 0:0 ");
    assert_sql_text("true", place->fixture->pg,
                    "SELECT bool_and(file_exists)::text FROM workflow_definitions WHERE project_id = 'shop'");
    free(command);
    free(shop);
    free(farm);
    free(hidden);
}

static void no_link_leads_a_project_out_of_the_roots(void **state)
{
    struct place *place = *state;
    struct err_info error;
    char *path = testing_join(place->directory, "sly"), *agent = testing_join(path, ".agent"),
         *folder = testing_join(place->outside, "workflows/definitions"), *loop = testing_join(place->inside, "x");
    make_folders(folder);
    write_in(folder, "a.yaml", GOOD("aa", "Outside"));
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(symlink(place->outside, agent), 0); /* absolute, so it leaves even a root that holds its target */
    assert_fine(project_add(place->fixture->pg, place->directory, &(struct project){"sly", "Sly", path}, &error));
    assert_answer(place, "errors sly 0:0 ");
    assert_int_equal(number_of(place->fixture->pg, "SELECT count(*) FROM workflow_definitions"), 0);
    free(path);
    free(agent);
    free(folder);
    free(loop);
}

static void a_project_lies_under_a_root(void **state)
{
    struct place *place = *state;
    struct err_info error;
    static const char *const paths[] = {"relative",          "/etc/../tmp", "/tmp/",  "/tmp//x",
                                        "/nowhere/under/it", "/",           "/tmp/.", ""};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        assert_int_equal(
            project_add(place->fixture->pg, "/srv/a:/srv/b/", &(struct project){"p", "P", paths[i]}, &error),
            ERR_USAGE);
    assert_int_equal(project_add(place->fixture->pg, "/srv", &(struct project){"P p", "P", "/srv/x"}, &error),
                     ERR_USAGE);
    assert_int_equal(project_add(place->fixture->pg, "/srv", &(struct project){"p", "", "/srv/x"}, &error), ERR_USAGE);
    assert_int_equal(project_add(place->fixture->pg, "/srv", &(struct project){"p", "P", "/srvx"}, &error), ERR_USAGE);
    assert_fine(project_add(place->fixture->pg, "/srv/a:/srv/b/", &(struct project){"p", "P", "/srv/b/.x"}, &error));
    assert_int_equal(project_add(place->fixture->pg, "/srv", &(struct project){"p", "P", "/srv/y"}, &error),
                     ERR_CONFLICT);
    assert_int_equal(project_add(place->fixture->pg, "/srv", &(struct project){"q", "P", "/srv/b/.x"}, &error),
                     ERR_CONFLICT);
}

/* ---- two at once, and those who listen --------------------------------------------------------------------------- */

struct second {
    const struct place *place;
    struct pg *pg;
    size_t written;
    enum err outcome;
};

static void *run_second(void *context)
{
    struct second *second = context;
    struct definition_sync what = resync_of(second->place);
    struct definition_sync_report report;
    struct err_info error;
    what.pg = second->pg;
    what.dispatch = NULL;
    second->outcome = definition_sync(&what, &report, &error);
    if (second->outcome == ERR_OK) {
        second->written = report.written;
        definition_sync_report_fini(&report);
    }
    return NULL;
}

static void of_two_at_once_one_finds_nothing_to_do(void **state)
{
    struct place *place = *state;
    for (int round = 0; round < 20; round++) {
        struct second seconds[2] = {{place, place->fixture->pg, 0, ERR_OK}, {place, place->fixture->other, 0, ERR_OK}};
        pthread_t threads[2];
        char text[200];
        snprintf(text, sizeof text, "id: aa\nname: A%d\n" PHASES, round);
        write_in(place->inside, "a.yaml", text);
        for (int i = 0; i < 2; i++)
            pthread_create(&threads[i], NULL, run_second, &seconds[i]);
        for (int i = 0; i < 2; i++)
            pthread_join(threads[i], NULL);
        assert_int_equal(seconds[0].outcome, ERR_OK);
        assert_int_equal(seconds[1].outcome, ERR_OK);
        assert_int_equal(seconds[0].written + seconds[1].written, 1);
    }
}

static void a_change_is_published_and_nothing_else(void **state)
{
    struct place *place = *state;
    struct err_info error;
    size_t written;
    struct redis *listener = redis_new(&place->fixture->address, 5000, 5000);
    struct redis_args *args = redis_args_new();
    redisReply *reply = NULL;
    redis_arg(args, "SUBSCRIBE");
    name_plain(args, place->fixture->dispatch.prefix, "events");
    assert_fine(redis_run(listener, args, NULL, &error));
    write_in(place->inside, "a.yaml", GOOD("aa", "A"));
    json_object_put(resync(place, &written));
    json_object_put(resync(place, &written));
    redis_do(place->fixture, "PUBLISH {}:events end");
    const char *const wanted[] = {"{\"type\":\"definitions\",\"summary\":{\"total\":1,\"new\":1,\"updated\":0,"
                                  "\"unchanged\":0,\"reactivated\":0,\"archived\":0,\"errors\":0}}",
                                  "end"};
    for (size_t i = 0; i < 2; i++) {
        redis_args_reset(args);
        redis_arg(args, "PING"); /* answered behind the message that waits */
        assert_fine(redis_run(listener, args, &reply, &error));
        assert_string_equal(redis_text(redis_item(reply, 2)), wanted[i]);
        freeReplyObject(reply);
    }
    redis_args_drop(args);
    redis_drop(listener);
}

static void a_missing_directory_has_no_definitions(void **state)
{
    struct place *place = *state;
    write_in(place->inside, "a.yaml", GOOD("aa", "A"));
    assert_answer(place, "new aa");
    char *away = testing_join(place->directory, "away");
    assert_int_equal(rename(place->inside, away), 0);
    assert_answer(place, "archived aa");
    assert_int_equal(rename(away, place->inside), 0);
    assert_answer(place, "reactivated aa");
    free(away);
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static long resident_kib(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%*d %ld", &pages), 1);
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* A sanitizer keeps what was freed for a while, so that what is used afterwards is found: the process grows by that. It
 * finds leaks by itself. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define GROWTH_KIB (512 * 1024)
#endif
#endif
#ifndef GROWTH_KIB
#define GROWTH_KIB 1024
#endif

/* The long form (REPRISE_CHAOS=long) makes ten thousand. */
#define RESYNCS 1000
#define RESYNCS_LONG 10000

/* Each of them writes: a name that is new. */
static void memory_is_flat_over_many_resyncs(void **state)
{
    struct place *place = *state;
    long after_a_tenth = 0;
    int count =
        getenv("REPRISE_CHAOS") != NULL && strcmp(getenv("REPRISE_CHAOS"), "long") == 0 ? RESYNCS_LONG : RESYNCS;
    log_init("test", LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
    for (int i = 0; i < count; i++) {
        char text[200];
        size_t written;
        snprintf(text, sizeof text, "id: aa\nname: A%d\n" PHASES, i % 100);
        write_in(place->inside, "a.yaml", text);
        json_object_put(resync(place, &written));
        assert_int_equal(written, 1);
        if (i == count / 10)
            after_a_tenth = resident_kib();
    }
    long grown = resident_kib() - after_a_tenth;
    print_message("%d re-syncs: %ld KiB after a tenth, %ld KiB more at the end\n", count, after_a_tenth, grown);
    assert_true(grown < GROWTH_KIB);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fresh(projects_have_definitions_of_their_own),   fresh(a_project_that_cannot_be_read_is_an_error_of_its_own),
        fresh(no_link_leads_a_project_out_of_the_roots), fresh(a_project_lies_under_a_root),
        fresh(of_two_at_once_one_finds_nothing_to_do),   fresh(a_change_is_published_and_nothing_else),
        fresh(a_missing_directory_has_no_definitions),   fresh(memory_is_flat_over_many_resyncs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
