/* The agents directory: its runs by name, in pages, and where a request may point it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "tests/testing/testing.h"
#include "worker/run/history_files.h"

struct place {
    char *root;
    struct history_dir *dir;
    struct err_info error;
};

/* Makes a directory, and those on the way to it. */
static void add(const struct place *place, const char *path)
{
    char *full = testing_join(place->root, path);
    for (char *slash = full + strlen(place->root) + 1; (slash = strchr(slash, '/')) != NULL; *slash++ = '/') {
        *slash = '\0';
        (void)mkdir(full, 0755);
    }
    assert_int_equal(mkdir(full, 0755), 0);
    free(full);
}

static void add_file(const struct place *place, const char *name)
{
    char *path = testing_join(place->root, name);
    testing_write_file(path, "", 0);
    free(path);
}

static int setup(void **state)
{
    void *root = NULL;
    if (testing_dir_setup(&root) != 0)
        return -1;
    struct place *place = mem_zalloc(sizeof(*place));
    place->root = root;
    if (history_dir_open(root, NULL, &place->dir, &place->error) != ERR_OK)
        return -1;
    add(place, "healthy");
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    struct place *place = *state;
    void *root = place->root;
    history_dir_close(place->dir);
    free(place);
    return testing_dir_teardown(&root);
}

static void runs_are_listed_in_pages_by_name(void **state)
{
    struct place *place = *state;
    add(place, "b");
    add(place, "a-1");
    add(place, "adw_1760937866209_4409");
    add(place, "not a run");
    add(place, ".hidden");
    add_file(place, "file");
    char *link = testing_join(place->root, "link");
    assert_int_equal(symlink("healthy", link), 0);
    free(link);
    static const char *const pages[][3] = {{"a-1", "adw_1760937866209_4409", NULL}, {"b", "healthy", NULL}, {NULL}};
    const char *after = "";
    for (size_t page = 0; page < 3; page++) {
        struct history_names names;
        assert_int_equal(history_dir_list(place->dir, after, 2, &names, &place->error), ERR_OK);
        assert_int_equal(names.skipped, 4);
        size_t i = 0;
        for (; pages[page][i] != NULL; i++)
            assert_string_equal(names.items[i], pages[page][i]);
        assert_int_equal(names.count, i);
        after = i > 0 ? pages[page][i - 1] : after;
        history_names_fini(&names);
    }
}

static void a_page_of_many_is_the_first_of_all(void **state)
{
    struct place *place = *state;
    char name[32], expected[256];
    for (int i = 0; i < 700; i++) {
        snprintf(name, sizeof(name), "r%06d", i * 7919 % 1000);
        add(place, name);
    }
    struct history_names names;
    assert_int_equal(history_dir_list(place->dir, "r000099", 50, &names, &place->error), ERR_OK);
    assert_int_equal(names.count, 50);
    char *previous = NULL;
    for (size_t i = 0; i < names.count; i++) {
        assert_true(previous == NULL || strcmp(previous, names.items[i]) < 0);
        assert_true(strcmp(names.items[i], "r000099") > 0);
        previous = names.items[i];
    }
    /* Nothing between the first and the last of the page is missing. */
    size_t at = 0;
    for (int i = 100; i < 1000 && at < names.count; i++) {
        snprintf(expected, sizeof(expected), "%s/r%06d", place->root, i);
        if (access(expected, F_OK) != 0)
            continue;
        assert_string_equal(names.items[at], expected + strlen(place->root) + 1);
        at++;
    }
    assert_int_equal(at, names.count);
    history_names_fini(&names);
}

static void an_agents_directory_of_a_request_stays_beneath_its_root(void **state)
{
    struct place *place = *state;
    add(place, "inner/run");
    add_file(place, "inner/run/notes");
    char *link = testing_join(place->root, "out");
    assert_int_equal(symlink("/tmp", link), 0);
    free(link);
    static const struct {
        const char *below;
        enum err err;
    } cases[] = {
        {"inner", ERR_OK},          {"inner/run", ERR_OK},
        {"..", ERR_USAGE},          {"inner/..", ERR_USAGE},
        {"inner/../..", ERR_USAGE}, {"/tmp", ERR_USAGE},
        {"out", ERR_USAGE},         {"out/x", ERR_USAGE},
        {"missing", ERR_NOT_FOUND}, {"inner/run/notes", ERR_USAGE},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct history_dir *dir = NULL;
        enum err err = history_dir_open(place->root, cases[i].below, &dir, &place->error);
        if (err != cases[i].err)
            fail_msg("%s: %s", cases[i].below, err == ERR_OK ? "opened" : place->error.text);
        history_dir_close(dir);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(runs_are_listed_in_pages_by_name),
        TEST(a_page_of_many_is_the_first_of_all),
        TEST(an_agents_directory_of_a_request_stays_beneath_its_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
