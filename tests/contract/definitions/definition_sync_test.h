/* What the tests of a re-sync share: a directory of definitions with something beside it, and answers in short. */
#ifndef REPRISE_TESTS_DEFINITIONS_DEFINITION_SYNC_TEST_H
#define REPRISE_TESTS_DEFINITIONS_DEFINITION_SYNC_TEST_H

#include <sys/stat.h>
#include <unistd.h>

#include "common/definitions/definition_sync.h"
#include "tests/contract/queue/fixture.h"

#define PHASES "phases: [{id: p, job: noop, over: numbers}]\n"
#define GOOD(id, name) "id: " id "\nname: " name "\n" PHASES

struct place {
    struct fixture *fixture;
    char *directory, *inside, *outside; /* the directory of the test; definitions.dir in it; something beside that */
};

static inline const char *job_name(size_t index, void *context)
{
    (void)context;
    return index == 0 ? "noop" : NULL;
}

static inline const char *selection_name(const char *job, size_t index, void *context)
{
    (void)job, (void)context;
    return index == 0 ? "numbers" : NULL;
}

static const struct definition_names names = {job_name, selection_name, NULL};

static inline struct definition_sync resync_of(const struct place *place)
{
    return (struct definition_sync){.pg = place->fixture->pg,
                                    .dispatch = &place->fixture->dispatch,
                                    .names = &names,
                                    .directory = place->inside,
                                    .roots = place->directory};
}

static inline struct json_object *resync(const struct place *place, size_t *written)
{
    struct definition_sync what = resync_of(place);
    struct definition_sync_report report;
    struct err_info error;
    assert_fine(definition_sync(&what, &report, &error));
    struct json_object *json = definition_sync_report_json(&report);
    *written = report.written;
    definition_sync_report_fini(&report);
    return json;
}

/* ---- what is compared -------------------------------------------------------------------------------------------- */

static const char *const lists[] = {"new", "updated", "reactivated", "archived", "errors"};

/* "new aa; errors bb 2:1 unknown key": ids in the lists' order; of errors the place, and the text. */
static inline char *answer_in_short(struct json_object *json)
{
    struct buf out = BUF_INIT;
    struct json_object *workflows = json_get(json, "workflows"), *summary = json_get(json, "summary");
    int64_t total = json_get_int(summary, "unchanged", 0);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct json_object *list = json_get(workflows, lists[i]);
        assert_int_equal(json_get_int(summary, lists[i], -1), json_object_array_length(list));
        total += json_get_int(summary, lists[i], 0);
        for (size_t k = 0; k < json_object_array_length(list); k++) {
            struct json_object *one = json_object_array_get_idx(list, k);
            assert_non_null(json_get_string(one, "name"));
            buf_addf(&out, "%s%s %s", out.len == 0 ? "" : "; ", lists[i], json_get_string(one, "id"));
            if (json_get(one, "error") != NULL)
                buf_addf(&out, " %d:%d %s", (int)json_get_int(one, "line", -1), (int)json_get_int(one, "column", -1),
                         json_get_string(one, "error"));
        }
    }
    assert_true(json_get_bool(json, "success", false));
    assert_int_equal(json_get_int(summary, "total", -1), total);
    return buf_take(&out);
}

static inline void write_in(const char *folder, const char *name, const char *text)
{
    char *path = testing_join(folder, name);
    testing_write_file(path, text, strlen(text));
    free(path);
}

static inline void assert_answer(const struct place *place, const char *wanted)
{
    size_t written;
    struct json_object *json = resync(place, &written);
    char *answer = answer_in_short(json);
    if (wanted[0] == '\0' ? answer[0] != '\0' : strncmp(answer, wanted, strlen(wanted)) != 0)
        fail_msg("answer %s\nwanted %s", answer, wanted);
    free(answer);
    json_object_put(json);
}

/* ------------------------------------------------------------------------------------------------------------------ */

static inline int setup(void **state)
{
    void *fixture, *directory;
    struct place *place = mem_zalloc(sizeof *place);
    queue_setup(&fixture);
    testing_dir_setup(&directory);
    place->fixture = fixture;
    place->directory = directory;
    place->inside = testing_join(directory, "definitions");
    place->outside = testing_join(directory, "outside");
    assert_int_equal(mkdir(place->inside, 0700), 0);
    assert_int_equal(mkdir(place->outside, 0700), 0);
    write_in(place->outside, "secret.yaml", GOOD("secret", "Secret"));
    *state = place;
    return 0;
}

static inline int teardown(void **state)
{
    struct place *place = *state;
    void *fixture = place->fixture, *directory = place->directory;
    queue_teardown(&fixture);
    testing_dir_teardown(&directory);
    free(place->inside);
    free(place->outside);
    free(place);
    return 0;
}

#define fresh(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

#endif
