#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fault.h"
#include "tests/testing/testing.h"

#define PASSAGES 5

static void pass_alpha(void)
{
    FAULT_POINT("test.alpha");
}

static void pass_beta(void)
{
    FAULT_POINT("test.beta");
}

/* The same point in a second place. */
static void pass_alpha_elsewhere(void)
{
    FAULT_POINT("test.alpha");
}

static enum err arm(const char *faults, const char *log, struct err_info *error)
{
    setenv("REPRISE_FAULT", faults, 1);
    setenv("REPRISE_FAULT_LOG", log, 1);
    return fault_init(error);
}

/* A child passes the points PASSAGES times; `*passed` says how many rounds it came through before it changed state. */
static int status_of_child(const char *faults, int *passed)
{
    int *shared = mmap(NULL, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct err_info error = {0};
        if (arm(faults, "", &error) != ERR_OK)
            _exit(2);
        for (int i = 0; i < PASSAGES; i++) {
            pass_beta();
            pass_alpha();
            ++*shared;
        }
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, WUNTRACED), child);
    *passed = *shared;
    if (WIFSTOPPED(status)) {
        int after = 0;
        kill(child, SIGCONT);
        assert_int_equal(waitpid(child, &after, 0), child);
        assert_true(WIFEXITED(after) && WEXITSTATUS(after) == 0);
        assert_int_equal(*shared, PASSAGES);
    }
    munmap(shared, sizeof(int));
    return status;
}

static void test_kill_strikes_at_the_named_passage(void **state)
{
    (void)state;
    int passed = 0;
    int status = status_of_child("test.alpha:3:kill", &passed);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGKILL);
    assert_int_equal(passed, 2);
}

static void test_other_actions(void **state)
{
    (void)state;
    int passed = 0;
    int status = status_of_child("test.alpha:1:exit", &passed);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 9);
    assert_int_equal(passed, 0);
    status = status_of_child("test.beta:5:abort", &passed);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_int_equal(passed, 4);
    status = status_of_child("test.alpha:2:stop", &passed);
    assert_true(WIFSTOPPED(status));
    assert_int_equal(passed, 1);
}

static void test_a_passage_that_is_never_reached_does_nothing(void **state)
{
    (void)state;
    int passed = 0;
    int status = status_of_child("test.alpha:6:kill", &passed);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(passed, PASSAGES);
}

static void test_several_faults_each_count_for_themselves(void **state)
{
    (void)state;
    int passed = 0;
    int status = status_of_child("test.beta:9:kill,test.alpha:4:exit", &passed);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 9);
    assert_int_equal(passed, 3);
}

static void test_stall_lasts_as_long_as_it_says_and_comes_once(void **state)
{
    (void)state;
    struct err_info error = {0};
    assert_int_equal(arm("test.alpha:2:ms=60", "", &error), ERR_OK);
    pass_alpha();
    int64_t before = clock_mono_us();
    pass_alpha_elsewhere(); /* the second passage of the same name */
    assert_true(clock_mono_us() - before >= 60000);
    unsetenv("REPRISE_FAULT");
    assert_int_equal(fault_init(&error), ERR_OK);
}

static void test_without_the_variables_nothing_is_armed(void **state)
{
    (void)state;
    struct err_info error = {0};
    assert_int_equal(arm("", "", &error), ERR_OK);
    assert_false(atomic_load(&fault_armed));
    assert_int_equal(arm("test.alpha:1:kill", "", &error), ERR_OK);
    assert_true(atomic_load(&fault_armed));
    unsetenv("REPRISE_FAULT");
    unsetenv("REPRISE_FAULT_LOG");
    assert_int_equal(fault_init(&error), ERR_OK);
    assert_false(atomic_load(&fault_armed));
}

static void test_malformed_orders_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *faults, *words;
    } cases[] = {
        {"test.alpha", "malformed"},
        {"test.alpha:3", "malformed"},
        {"test.alpha:0:kill", "malformed"},
        {"test.alpha:-1:kill", "malformed"},
        {"test.alpha:x:kill", "malformed"},
        {"test.alpha:1x:kill", "malformed"},
        {"test.alpha: 1:kill", "malformed"},
        {"test.alpha:99999999999:kill", "malformed"},
        {"test.alpha:1:explode", "malformed"},
        {"test.alpha:1:kill:1", "malformed"},
        {"test.alpha:1:ms=", "malformed"},
        {"test.alpha:1:ms=-5", "malformed"},
        {"test.alpha:1:kill,", "malformed"},
        {",test.alpha:1:kill", "malformed"},
        {"test.gamma:1:kill", "no fault point of this program: \"test.gamma\""},
        {"test.alpha:1:kill,Test.Alpha:1:kill", "\"Test.Alpha\""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err_info error = {0};
        assert_int_equal(arm(cases[i].faults, "", &error), ERR_USAGE);
        if (strstr(error.text, cases[i].words) == NULL)
            fail_msg("%s: %s", cases[i].faults, error.text);
        assert_false(atomic_load(&fault_armed));
        pass_alpha(); /* would kill this test if half of an order had been taken */
    }
}

static void note_name(const char *name, void *context)
{
    buf_addf(context, "%s ", name);
}

static void test_each_point_is_listed_once(void **state)
{
    (void)state;
    struct buf names = BUF_INIT;
    fault_each(note_name, &names);
    const char *alpha = strstr(names.data, "test.alpha ");
    assert_non_null(alpha);
    assert_null(strstr(alpha + 1, "test.alpha "));
    assert_non_null(strstr(names.data, "test.beta "));
    assert_int_equal(names.len, strlen("test.alpha test.beta "));
    buf_fini(&names);
}

static void test_first_passages_are_logged_once(void **state)
{
    struct err_info error = {0};
    struct buf log = BUF_INIT;
    char *path = testing_join(*state, "passages");
    assert_int_equal(arm("", path, &error), ERR_OK);
    for (int i = 0; i < PASSAGES; i++) {
        pass_beta();
        pass_alpha_elsewhere();
        pass_alpha();
    }
    testing_read_file(path, &log);
    assert_string_equal(log.data, "test.beta\ntest.alpha\n");
    buf_fini(&log);
    arm("", "", &error);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kill_strikes_at_the_named_passage),
        cmocka_unit_test(test_other_actions),
        cmocka_unit_test(test_a_passage_that_is_never_reached_does_nothing),
        cmocka_unit_test(test_several_faults_each_count_for_themselves),
        cmocka_unit_test(test_stall_lasts_as_long_as_it_says_and_comes_once),
        cmocka_unit_test(test_without_the_variables_nothing_is_armed),
        cmocka_unit_test(test_malformed_orders_are_refused),
        cmocka_unit_test(test_each_point_is_listed_once),
        cmocka_unit_test_setup_teardown(test_first_passages_are_logged_once, testing_dir_setup, testing_dir_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
