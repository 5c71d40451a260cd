/* A directory of definitions: what is loaded, what fails, and that no link leads out of it. */
#include "common/definitions/definition_set.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/json.h"
#include "common/base/yaml.h"
#include "tests/testing/testing.h"

static void write_text(const char *directory, const char *name, const char *text)
{
    char *path = testing_join(directory, name);

    testing_write_file(path, text, strlen(text));
    free(path);
}

static void write_definition(const char *directory, const char *name, const char *id)
{
    struct buf text = BUF_INIT;

    buf_addf(&text, "{\"id\": \"%s\", \"name\": \"N\", \"phases\": [{\"id\": \"p\", \"job\": \"j\", \"over\": \"o\"}]}",
             id);
    write_text(directory, name, text.data);
    buf_fini(&text);
}

static struct definition_set *load(const char *directory)
{
    struct definition_set *set;
    struct err_info error;

    if (definition_set_load(&(struct definition_place){directory, "", DEFINITION_DIR_FLAT}, NULL, &set, &error))
        fail_msg("%s", error.text);
    return set;
}

static void files_are_loaded_in_the_order_of_their_paths(void **state)
{
    write_definition(*state, "b.yml", "bb");
    write_definition(*state, "a.yaml", "aa");
    write_definition(*state, "C.json", "cc");
    write_definition(*state, "notes.txt", "dd");
    write_definition(*state, ".hidden.yaml", "ee");
    struct definition_set *set = load(*state);

    assert_int_equal(set->count, 3);
    assert_int_equal(set->failure_count, 0);
    assert_string_equal(set->files[0].definition->id, "cc");
    assert_string_equal(set->files[1].definition->id, "aa");
    char *path = testing_join(*state, "a.yaml");
    assert_string_equal(set->files[1].path, path);
    free(path);
    assert_ptr_equal(definition_set_find(set, "bb"), set->files[2].definition);
    assert_null(definition_set_find(set, "dd"));
    definition_set_drop(set);
}

static void one_bad_file_stops_no_other(void **state)
{
    write_definition(*state, "a.yaml", "aa");
    write_text(*state, "b.yaml", "id: bb\nnaem: B\n");
    write_text(*state, "c.yaml", "");
    write_definition(*state, "d.yaml", "dd");
    struct definition_set *set = load(*state);

    assert_int_equal(set->count, 2);
    assert_int_equal(set->failure_count, 2);
    char *path = testing_join(*state, "b.yaml");
    assert_string_equal(set->failures[0].path, path);
    free(path);
    assert_int_equal(set->failures[0].line, 2);
    assert_int_equal(set->failures[0].column, 1);
    assert_non_null(strstr(set->failures[0].text, "naem"));
    definition_set_drop(set);
}

static void the_second_file_with_an_id_is_a_failure(void **state)
{
    write_definition(*state, "b.yaml", "same");
    write_definition(*state, "a.yaml", "same");
    struct definition_set *set = load(*state);

    assert_int_equal(set->count, 1);
    assert_non_null(strstr(set->files[0].path, "a.yaml"));
    assert_int_equal(set->failure_count, 1);
    assert_non_null(strstr(set->failures[0].path, "b.yaml"));
    assert_non_null(strstr(set->failures[0].text, "\"same\" is taken by"));
    assert_non_null(strstr(set->failures[0].text, "a.yaml"));
    definition_set_drop(set);
}

static void links_are_followed_only_within_the_directory(void **state)
{
    char *inner = testing_join(*state, "inner"), *inside = testing_join(*state, "inner/b.yaml"),
         *outside = testing_join(*state, "inner/c.yaml");
    assert_int_equal(mkdir(inner, 0700), 0);
    write_definition(*state, "secret.yaml", "secret");
    write_definition(inner, "a.yaml.real", "aa");
    assert_int_equal(symlink("a.yaml.real", inside), 0);
    assert_int_equal(symlink("../secret.yaml", outside), 0);
    struct definition_set *set = load(inner);

    assert_int_equal(set->failure_count, 1);
    assert_string_equal(set->failures[0].path, outside);
    assert_non_null(strstr(set->failures[0].text, "leads out"));
    assert_null(definition_set_find(set, "secret"));
    assert_non_null(definition_set_find(set, "aa"));
    definition_set_drop(set);
    free(inner);
    free(inside);
    free(outside);
}

static void what_is_no_regular_file_or_too_large_is_a_failure(void **state)
{
    char *fifo = testing_join(*state, "a.yaml"), *folder = testing_join(*state, "b.yaml"),
         *large = testing_join(*state, "c.yaml");
    char *bytes = malloc(YAML_MAX_BYTES + 1);
    memset(bytes, '#', YAML_MAX_BYTES + 1);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(mkdir(folder, 0700), 0);
    testing_write_file(large, bytes, YAML_MAX_BYTES + 1);
    struct definition_set *set = load(*state);

    assert_int_equal(set->count, 0);
    assert_int_equal(set->failure_count, 3);
    assert_non_null(strstr(set->failures[0].text, "not a regular file"));
    assert_non_null(strstr(set->failures[1].text, "not a regular file"));
    assert_non_null(strstr(set->failures[2].text, "larger than"));
    definition_set_drop(set);
    free(fifo);
    free(folder);
    free(large);
    free(bytes);
}

static struct definition_set *load_deep(const char *directory)
{
    struct definition_set *set;
    struct err_info error;
    if (definition_set_load(&(struct definition_place){directory, "", DEFINITION_DIR_DEEP}, NULL, &set, &error))
        fail_msg("%s", error.text);
    return set;
}

static void directories_below_are_looked_through_where_that_is_wanted(void **state)
{
    char *below = testing_join(*state, "x.yaml"), *hidden = testing_join(*state, ".git"),
         *link = testing_join(*state, "link");
    assert_int_equal(mkdir(below, 0700), 0);
    assert_int_equal(mkdir(hidden, 0700), 0);
    assert_int_equal(symlink("x.yaml", link), 0); /* not followed: it could lead in a circle */
    write_definition(*state, "a.yaml", "aa");
    write_definition(below, "b.yaml", "bb");
    write_definition(hidden, "c.yaml", "cc");
    struct definition_set *set = load_deep(*state);
    assert_int_equal(set->failure_count, 0);
    assert_int_equal(set->count, 2);
    assert_string_equal(set->files[1].name, "x.yaml/b.yaml");
    definition_set_drop(set);
    free(below);
    free(hidden);
    free(link);
}

static void directories_too_deep_in_one_another_are_not_read(void **state)
{
    struct definition_set *set;
    struct err_info error = {.code = ERR_OK};
    char *path = testing_join(*state, "d");
    for (int i = 0; i <= DEFINITION_DIR_DEPTH; i++) {
        char *deeper = testing_join(path, "d");
        assert_int_equal(mkdir(path, 0700), 0);
        free(path);
        path = deeper;
    }
    free(path);
    struct definition_place place = {*state, "", DEFINITION_DIR_DEEP};
    assert_int_equal(definition_set_load(&place, NULL, &set, &error), ERR_PERMANENT);
    assert_non_null(strstr(error.text, "too deep"));
    assert_null(set);
}

static void names_of_any_bytes_are_shown_as_text(void **state)
{
    write_definition(*state, "caf\xe9\n.yaml", "aa");
    write_text(*state, "\xff.yaml", "no definition");
    struct definition_set *set = load(*state);
    assert_int_equal(set->count, 1);
    assert_int_equal(set->failure_count, 1);
    assert_string_equal(set->files[0].name, "caf\\xe9\\x0a.yaml");
    assert_string_equal(set->failures[0].name, "\\xff.yaml");
    definition_set_drop(set);
}

static void a_bad_file_tells_the_id_that_it_claims(void **state)
{
    write_text(*state, "a.yaml", "id: aa\nnaem: A\n");
    write_text(*state, "b.yaml", "id: Not an id\n");
    write_text(*state, "c.yaml", "id: [\n");
    struct definition_set *set = load(*state);
    assert_int_equal(set->failure_count, 3);
    assert_string_equal(set->failures[0].id, "aa");
    assert_null(set->failures[1].id);
    assert_null(set->failures[2].id);
    definition_set_drop(set);
}

static void a_missing_directory_has_no_definitions(void **state)
{
    struct definition_set *set;
    struct err_info error;
    char *absent = testing_join(*state, "absent");

    set = load(absent);
    assert_int_equal(set->count, 0);
    definition_set_drop(set);
    write_text(*state, "absent", "a file");
    assert_int_equal(
        definition_set_load(&(struct definition_place){absent, "", DEFINITION_DIR_FLAT}, NULL, &set, &error),
        ERR_PERMANENT);
    assert_null(set);
    assert_non_null(strstr(error.text, absent));
    free(absent);
}

static void the_shipped_definitions_load(void **state)
{
    (void)state;
    static const char *const ids[] = {"noop",      "rescan",    "resync-all", "resync-app",   "resync-link",
                                      "retry-all", "retry-app", "retry-link", "rescan-failed"};
    char *directory = testing_source_path("definitions");
    struct definition_set *set = load(directory);

    for (size_t i = 0; i < set->failure_count; i++)
        fail_msg("%s: %s", set->failures[i].path, set->failures[i].text);
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        assert_non_null(definition_set_find(set, ids[i]));
    assert_int_equal(definition_set_find(set, "rescan")->every_ms, 60000);
    assert_int_equal(json_object_get_int64(definition_arg(definition_set_find(set, "noop"), "count")->fallback), 1000);
    definition_set_drop(set);
    free(directory);
}

#define test(function) cmocka_unit_test_setup_teardown(function, testing_dir_setup, testing_dir_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(files_are_loaded_in_the_order_of_their_paths),
        test(one_bad_file_stops_no_other),
        test(the_second_file_with_an_id_is_a_failure),
        test(links_are_followed_only_within_the_directory),
        test(what_is_no_regular_file_or_too_large_is_a_failure),
        test(directories_below_are_looked_through_where_that_is_wanted),
        test(directories_too_deep_in_one_another_are_not_read),
        test(names_of_any_bytes_are_shown_as_text),
        test(a_bad_file_tells_the_id_that_it_claims),
        test(a_missing_directory_has_no_definitions),
        test(the_shipped_definitions_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
