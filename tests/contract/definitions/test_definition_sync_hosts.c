/* Re-syncs by hosts that differ: another directory, another host's files, an older or a newer release. */
#include "tests/contract/definitions/definition_sync_test.h"

/* What a re-sync of another directory, or by another release, answers in short. */
static void assert_answer_of(const struct definition_sync *what, const char *wanted)
{
    struct definition_sync_report report;
    struct err_info error;
    assert_fine(definition_sync(what, &report, &error));
    struct json_object *json = definition_sync_report_json(&report);
    char *answer = answer_in_short(json);
    if (wanted[0] == '\0' ? answer[0] != '\0' : strncmp(answer, wanted, strlen(wanted)) != 0)
        fail_msg("answer %s\nwanted %s", answer, wanted);
    assert_string_equal(json_get_string(json, "release"), what->release == NULL ? REPRISE_VERSION : what->release);
    free(answer);
    json_object_put(json);
    definition_sync_report_fini(&report);
}

#define STRANGE "errors (global) 0:0 has none of the definitions that are known"

static void assert_in_force(struct place *place, const char *ids)
{
    assert_sql_text(ids, place->fixture->pg,
                    "SELECT coalesce(string_agg(identifier, ' ' ORDER BY identifier), '') FROM workflow_definitions"
                    " WHERE file_exists");
}

static void a_directory_with_none_of_the_known_archives_nothing(void **state)
{
    struct place *place = *state;
    char *other = testing_join(place->directory, "other");
    struct definition_sync what = resync_of(place);
    what.directory = other;
    write_in(place->inside, "a.yaml", GOOD("aa", "A"));
    write_in(place->inside, "b.yaml", GOOD("bb", "B"));
    assert_answer(place, "new aa; new bb");
    assert_answer_of(&what, STRANGE); /* it is not there */
    assert_int_equal(mkdir(other, 0700), 0);
    assert_answer_of(&what, STRANGE); /* it is empty */
    write_in(other, "bad.yaml", "id: dd\n");
    assert_answer_of(&what, "errors dd 1:1 ");
    assert_in_force(place, "aa bb dd");
    write_in(other, "c.yaml", GOOD("cc", "C"));
    assert_answer_of(&what, "new cc; errors dd 1:1 ");
    assert_in_force(place, "aa bb cc dd");
    free(other);
}

static void a_directory_with_one_of_the_known_archives_the_rest(void **state)
{
    struct place *place = *state;
    char *other = testing_join(place->directory, "other");
    struct definition_sync what = resync_of(place);
    what.directory = other;
    write_in(place->inside, "a.yaml", GOOD("aa", "A"));
    write_in(place->inside, "b.yaml", GOOD("bb", "B"));
    assert_answer(place, "new aa; new bb");
    assert_int_equal(mkdir(other, 0700), 0);
    write_in(other, "elsewhere.yaml", GOOD("bb", "B"));
    assert_answer_of(&what, "archived aa");
    free(other);
}

/* The same path on another host is another directory: there an empty one may be a disk that is not mounted. */
static void a_directory_is_known_on_the_host_that_read_it(void **state)
{
    struct place *place = *state;
    char *file = testing_join(place->inside, "a.yaml");
    write_in(place->inside, "a.yaml", GOOD("aa", "A"));
    assert_answer(place, "new aa");
    assert_int_equal(unlink(file), 0);
    run_sql(place->fixture->pg, "UPDATE workflow_definitions SET host = 'another'");
    assert_answer(place, STRANGE);
    assert_in_force(place, "aa");
    run_sql(place->fixture->pg, "UPDATE workflow_definitions SET host = NULL"); /* of before this was kept */
    assert_answer(place, "archived aa");
    free(file);
}

static void assert_outdated(const struct definition_sync *what)
{
    struct definition_sync_report report;
    struct err_info error;
    assert_int_equal(definition_sync(what, &report, &error), ERR_CONFLICT);
    assert_non_null(strstr(error.text, "are of release 0.10.0 (read on "));
    assert_non_null(strstr(error.text, "and this is 0.9.0: the newer release wins, and nothing was changed"));
}

static void the_newer_release_wins_until_a_person_goes_back(void **state)
{
    struct place *place = *state;
    struct definition_sync older = resync_of(place), newer = older;
    char *file = testing_join(place->inside, "b.yaml");
    older.release = "0.9.0";
    newer.release = "0.10.0";
    write_in(place->inside, "a.yaml", GOOD("aa", "A"));
    assert_answer_of(&older, "new aa");
    write_in(place->inside, "b.yaml", GOOD("bb", "B"));
    assert_answer_of(&newer, "new bb");
    assert_int_equal(unlink(file), 0);
    write_in(place->inside, "a.yaml", GOOD("aa", "Older"));
    assert_outdated(&older);
    assert_sql_text("A B", place->fixture->pg,
                    "SELECT string_agg(name, ' ' ORDER BY name) FROM workflow_definitions WHERE file_exists");
    older.older = DEFINITION_SYNC_OLDER_WINS;
    assert_answer_of(&older, "updated aa; archived bb");
    older.older = DEFINITION_SYNC_OLDER_YIELDS;
    assert_answer_of(&older, ""); /* it is the one in force now */
    free(file);
}

/* A newer release whose directory is strange has brought nothing, and an older one goes on. */
static void a_release_that_brought_nothing_wins_nothing(void **state)
{
    struct place *place = *state;
    struct definition_sync older = resync_of(place), newer = older;
    char *other = testing_join(place->directory, "other");
    older.release = "1.9";
    newer.release = "2.0";
    newer.directory = other;
    write_in(place->inside, "a.yaml", GOOD("aa", "A"));
    assert_answer_of(&older, "new aa");
    assert_answer_of(&newer, STRANGE);
    write_in(place->inside, "a.yaml", GOOD("aa", "B"));
    assert_answer_of(&older, "updated aa");
    free(other);
}

static void what_hosts_have_is_kept_by_content_and_not_by_name(void **state)
{
    struct place *place = *state;
    char *other = testing_join(place->directory, "other");
    struct definition_sync what = resync_of(place);
    what.directory = other;
    assert_int_equal(mkdir(other, 0700), 0);
    write_in(place->inside, "a.yaml", GOOD("aa", "A"));
    write_in(place->inside, "b.yaml", GOOD("bb", "B"));
    write_in(other, "2.yaml", "# the same\n" GOOD("aa", "A"));
    write_in(other, "1.yaml", GOOD("bb", "B"));
    assert_answer(place, "new aa; new bb");
    assert_answer_of(&what, "");
    assert_sql_text("2 1", place->fixture->pg,
                    "SELECT count(*) || ' ' || count(DISTINCT (digest, release, files)) FROM definition_host");
    write_in(other, "1.yaml", GOOD("bb", "C"));
    assert_answer_of(&what, "updated bb");
    assert_sql_text("2 2", place->fixture->pg,
                    "SELECT count(*) || ' ' || count(DISTINCT (digest, release, files)) FROM definition_host");
    free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fresh(a_directory_with_none_of_the_known_archives_nothing),
        fresh(a_directory_with_one_of_the_known_archives_the_rest),
        fresh(a_directory_is_known_on_the_host_that_read_it),
        fresh(the_newer_release_wins_until_a_person_goes_back),
        fresh(a_release_that_brought_nothing_wins_nothing),
        fresh(what_hosts_have_is_kept_by_content_and_not_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
