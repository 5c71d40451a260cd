/* Children: their output is bounded, their environment is whole, and nothing of them stays. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/store/child.h"
#include "tests/testing/testing.h"

#define SOON_MS 20000 /* a bound for waiting, never a time that a test takes */

static const char *const environment[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "ONLY=this", NULL};

static struct child_spec shell(const char *const *argv)
{
    return (struct child_spec){.argv = argv, .environment = environment, .max_out = 65536, .max_err = 65536};
}

#define SHELL(script) ((const char *const[]){"sh", "-c", script, NULL})

/* Waits until the process is gone; it may be a grandchild, so it cannot be waited for. */
static void await_gone(pid_t pid)
{
    int64_t until = clock_mono_ms() + SOON_MS;
    while (kill(pid, 0) == 0 || errno != ESRCH) {
        char path[64], text[512] = "";
        snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
        FILE *stat = fopen(path, "r");
        if (stat == NULL)
            return;
        size_t len = fread(text, 1, sizeof(text) - 1, stat);
        fclose(stat);
        const char *after = len > 0 ? strrchr(text, ')') : NULL;
        if (after != NULL && after[2] == 'Z')
            return; /* dead; the init process here has not looked yet */
        assert_true(clock_mono_ms() < until);
        poll(NULL, 0, 5);
    }
}

static void test_output_and_exit_code_come_back(void **state)
{
    struct child_spec spec = shell(SHELL("echo out; echo err >&2; exit 3"));
    struct child_result result;
    struct err_info error;
    (void)state;
    assert_int_equal(child_run(&spec, &result, &error), ERR_OK);
    assert_int_equal(result.exit_code, 3);
    assert_int_equal(result.signal, 0);
    assert_string_equal(result.out.data, "out\n");
    assert_string_equal(result.err.data, "err\n");
    assert_false(result.cut);
    child_result_fini(&result);
}

static void test_a_signal_is_told_from_an_exit(void **state)
{
    struct child_spec spec = shell(SHELL("kill -TERM $$"));
    struct child_result result;
    struct err_info error;
    (void)state;
    assert_int_equal(child_run(&spec, &result, &error), ERR_OK);
    assert_int_equal(result.exit_code, -1);
    assert_int_equal(result.signal, SIGTERM);
    child_result_fini(&result);
}

static void test_a_program_that_does_not_exist_is_named(void **state)
{
    const char *const missing[] = {"no-such-program-here", NULL};
    const char *const no_program[] = {"/etc/hostname/x", NULL};
    struct child_result result;
    struct err_info error;
    (void)state;
    struct child_spec spec = shell(missing);
    assert_int_equal(child_run(&spec, &result, &error), ERR_LOCAL);
    assert_non_null(strstr(error.text, "no-such-program-here"));
    child_result_fini(&result);
    spec = shell(no_program);
    assert_int_equal(child_run(&spec, &result, &error), ERR_LOCAL);
    child_result_fini(&result);
    spec = shell(SHELL("exit 0"));
    spec.directory = "/no/such/directory";
    assert_int_equal(child_run(&spec, &result, &error), ERR_LOCAL);
    child_result_fini(&result);
}

static void test_nothing_is_inherited(void **state)
{
    struct child_spec spec = shell(SHELL("env | grep -v '^PWD=\\|^SHLVL=\\|^_='; ls /proc/self/fd; cat; trap"));
    struct child_result result;
    struct err_info error;
    (void)state;
    assert_int_equal(setenv("REPRISE_LEAK", "1", 1), 0);
    int leak = open("/dev/null", O_RDONLY); /* on purpose without O_CLOEXEC */
    int high = fcntl(leak, F_DUPFD, 50);
    assert_true(leak >= 0 && high >= 50);
    assert_int_equal(child_run(&spec, &result, &error), ERR_OK);
    /* ls itself opens /proc/self/fd as 3. */
    if (strstr(result.out.data, "PATH=/usr/local/bin:/usr/bin:/bin\nONLY=this\n0\n1\n2\n3\n") == NULL &&
        strstr(result.out.data, "ONLY=this\nPATH=/usr/local/bin:/usr/bin:/bin\n0\n1\n2\n3\n") == NULL)
        fail_msg("inherited: %s", result.out.data);
    child_result_fini(&result);
    close(leak);
    close(high);
}

/* A shell cannot untrap what was ignored when it started; a pipe that breaks must end it. */
static void test_signals_are_as_at_birth(void **state)
{
    struct child_spec spec = shell(SHELL("grep '^Sig[BI]' /proc/self/status"));
    struct child_result result;
    struct err_info error;
    sigset_t block;
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&block);
    sigaddset(&block, SIGTERM);
    sigprocmask(SIG_BLOCK, &block, NULL);
    assert_int_equal(child_run(&spec, &result, &error), ERR_OK);
    sigprocmask(SIG_UNBLOCK, &block, NULL);
    signal(SIGPIPE, SIG_DFL);
    assert_string_equal(result.out.data, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
    child_result_fini(&result);
}

static void test_output_is_bounded(void **state)
{
    struct child_spec spec =
        shell(SHELL("yes out | head -c 3000000; { yes err | head -c 3000000; echo last words; } >&2"));
    struct child_result result;
    struct err_info error;
    (void)state;
    spec.max_out = 1000;
    spec.max_err = 100;
    assert_int_equal(child_run(&spec, &result, &error), ERR_OK);
    assert_int_equal(result.exit_code, 0);
    assert_true(result.cut);
    assert_int_equal(result.out.len, 1000);
    assert_memory_equal(result.out.data, "out\nout\n", 8);
    assert_int_equal(result.err.len, 100);
    assert_string_equal(result.err.data + 100 - strlen("last words\n"), "last words\n");
    child_result_fini(&result);
}

/* The whole group goes: a child of the child that ignores SIGTERM, too. */
static void test_silence_ends_the_whole_group(void **state)
{
    struct child_spec spec = shell(SHELL("sh -c 'trap \"\" TERM; echo $$; exec sleep 1000' & wait"));
    struct child_result result;
    struct err_info error;
    (void)state;
    spec.silence_ms = 300;
    int64_t started = clock_mono_ms();
    assert_int_equal(child_run(&spec, &result, &error), ERR_RETRY);
    assert_true(clock_mono_ms() - started < SOON_MS);
    assert_non_null(strstr(error.text, "no progress"));
    assert_int_equal(result.signal, SIGKILL);
    pid_t grandchild = (pid_t)atol(result.out.data);
    assert_true(grandchild > 1);
    await_gone(grandchild);
    child_result_fini(&result);
}

static void test_a_talkative_child_meets_the_total_deadline(void **state)
{
    struct child_spec spec = shell(SHELL("yes"));
    struct child_result result;
    struct err_info error;
    (void)state;
    spec.silence_ms = SOON_MS;
    spec.total_ms = 300;
    assert_int_equal(child_run(&spec, &result, &error), ERR_RETRY);
    assert_non_null(strstr(error.text, "ran for"));
    child_result_fini(&result);
}

/* It has ended although its own child holds the pipes open. */
static void test_what_a_child_leaves_running_is_not_waited_for(void **state)
{
    struct child_spec spec = shell(SHELL("sleep 1000 & echo $!"));
    struct child_result result;
    struct err_info error;
    (void)state;
    spec.total_ms = SOON_MS;
    assert_int_equal(child_run(&spec, &result, &error), ERR_OK);
    assert_int_equal(result.exit_code, 0);
    pid_t left = (pid_t)atol(result.out.data);
    assert_true(left > 1);
    await_gone(left);
    child_result_fini(&result);
}

static enum err stop_at_second(void *context, struct err_info *error)
{
    int *asked = context;
    return ++*asked >= 2 ? err_set(error, ERR_FENCED, "cancelled meanwhile") : ERR_OK;
}

static void test_tick_ends_it_with_its_own_error(void **state)
{
    struct child_spec spec = shell(SHELL("yes"));
    struct child_result result;
    struct err_info error;
    int asked = 0;
    (void)state;
    spec.tick = stop_at_second;
    spec.tick_context = &asked;
    int64_t started = clock_mono_ms();
    assert_int_equal(child_run(&spec, &result, &error), ERR_FENCED);
    assert_string_equal(error.text, "cancelled meanwhile");
    assert_int_equal(asked, 2);
    assert_true(clock_mono_ms() - started >= 900);
    child_result_fini(&result);
}

/* A process between us and the child dies by SIGKILL; the child goes as well. */
static void test_a_child_dies_with_its_parent(void **state)
{
    int pipe_fds[2];
    (void)state;
    assert_int_equal(pipe(pipe_fds), 0);
    pid_t parent = fork();
    assert_true(parent >= 0);
    if (parent == 0) {
        char line[32];
        struct child_spec spec = shell(SHELL("echo $$; read forever"));
        struct child *child = NULL;
        struct err_info error;
        if (child_start(&spec, &child, &error) != ERR_OK ||
            child_read_line(child, line, sizeof(line), &error) != ERR_OK)
            _exit(1);
        ssize_t sent = write(pipe_fds[1], line, sizeof(line));
        pause();
        _exit(sent > 0 ? 0 : 1);
    }
    char line[32] = "";
    close(pipe_fds[1]);
    assert_int_equal(read(pipe_fds[0], line, sizeof(line)), sizeof(line));
    close(pipe_fds[0]);
    pid_t child = (pid_t)atol(line);
    assert_true(child > 1);
    kill(parent, SIGKILL);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    await_gone(child);
}

static void test_a_conversation(void **state)
{
    const char *const cat[] = {"cat", NULL};
    struct child_spec spec = shell(cat);
    struct child *child = NULL;
    struct err_info error;
    char line[8], bytes[6] = "";
    (void)state;
    spec.silence_ms = SOON_MS;
    assert_int_equal(child_start(&spec, &child, &error), ERR_OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(child_write(child, "line\n12345", 10, &error), ERR_OK);
        assert_int_equal(child_read_line(child, line, sizeof(line), &error), ERR_OK);
        assert_string_equal(line, "line");
        assert_int_equal(child_read(child, bytes, 5, &error), ERR_OK);
        assert_memory_equal(bytes, "12345", 5);
    }
    assert_int_equal(child_write(child, "much longer\n", 12, &error), ERR_OK);
    assert_int_equal(child_read_line(child, line, sizeof(line), &error), ERR_RETRY);
    child_drop(child);
    child_drop(NULL);
}

static void test_a_conversation_that_ends_says_why(void **state)
{
    struct child_spec spec = shell(SHELL("echo half >&1; echo the reason >&2; exit 1"));
    struct child *child = NULL;
    struct err_info error;
    char line[32], bytes[64];
    (void)state;
    spec.max_err = 100;
    spec.silence_ms = SOON_MS;
    assert_int_equal(child_start(&spec, &child, &error), ERR_OK);
    assert_int_equal(child_read_line(child, line, sizeof(line), &error), ERR_OK);
    assert_int_equal(child_read(child, bytes, sizeof(bytes), &error), ERR_RETRY);
    assert_non_null(strstr(error.text, "the reason"));
    /* No SIGPIPE: this very process would be gone. */
    char *much = calloc(1, 1000000);
    assert_non_null(much);
    assert_int_equal(child_write(child, much, 1000000, &error), ERR_RETRY);
    free(much);
    child_drop(child);
}

static void test_a_silent_conversation_is_given_up(void **state)
{
    struct child_spec spec = shell(SHELL("read forever"));
    struct child *child = NULL;
    struct err_info error;
    char byte;
    int asked = 0;
    (void)state;
    spec.silence_ms = 200;
    assert_int_equal(child_start(&spec, &child, &error), ERR_OK);
    assert_int_equal(child_read(child, &byte, 1, &error), ERR_RETRY);
    assert_non_null(strstr(error.text, "did not answer"));
    child_drop(child);
    spec.silence_ms = SOON_MS;
    spec.tick = stop_at_second;
    spec.tick_context = &asked;
    assert_int_equal(child_start(&spec, &child, &error), ERR_OK);
    assert_int_equal(child_read(child, &byte, 1, &error), ERR_FENCED);
    child_drop(child);
}

static void test_the_memory_of_a_child_is_bounded(void **state)
{
    (void)state;
    struct child_result result;
    struct err_info error;
    struct child_spec spec = shell(SHELL("ulimit -v"));
    spec.memory_bytes = INT64_C(1) << 30;
    assert_int_equal(child_run(&spec, &result, &error), ERR_OK);
    assert_string_equal(result.out.data, "1048576\n");
    child_result_fini(&result);
}

static void test_a_descriptor_is_passed_on(void **state)
{
    (void)state;
    struct child_result result;
    struct err_info error;
    struct child_spec spec = shell(SHELL("readlink /proc/self/fd/4; ls /proc/self/fd | wc -l"));
    spec.pass_fd = open("/usr", O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(child_run(&spec, &result, &error), ERR_OK);
    assert_string_equal(result.out.data, "/usr\n5\n");
    close(spec.pass_fd);
    child_result_fini(&result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_output_and_exit_code_come_back),
        cmocka_unit_test(test_a_signal_is_told_from_an_exit),
        cmocka_unit_test(test_a_program_that_does_not_exist_is_named),
        cmocka_unit_test(test_nothing_is_inherited),
        cmocka_unit_test(test_signals_are_as_at_birth),
        cmocka_unit_test(test_output_is_bounded),
        cmocka_unit_test(test_silence_ends_the_whole_group),
        cmocka_unit_test(test_a_talkative_child_meets_the_total_deadline),
        cmocka_unit_test(test_what_a_child_leaves_running_is_not_waited_for),
        cmocka_unit_test(test_tick_ends_it_with_its_own_error),
        cmocka_unit_test(test_a_child_dies_with_its_parent),
        cmocka_unit_test(test_a_conversation),
        cmocka_unit_test(test_a_conversation_that_ends_says_why),
        cmocka_unit_test(test_a_silent_conversation_is_given_up),
        cmocka_unit_test(test_the_memory_of_a_child_is_bounded),
        cmocka_unit_test(test_a_descriptor_is_passed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
