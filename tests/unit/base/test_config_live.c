/* A reload: what is taken over, what waits for a restart, what is told, and that a reader never sees half of one. */
#include "common/base/config.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "tests/testing/testing.h"

#define FILE_NAME "settings.yaml"

static int setup(void **state)
{
    unsetenv("REPRISE_CONFIG");
    return testing_dir_setup(state) || chdir(*state);
}

static int teardown(void **state)
{
    unsetenv("REPRISE_DELIVER_PARALLEL");
    return chdir("/") || testing_dir_teardown(state);
}

static void write_text(const char *text)
{
    testing_write_file(FILE_NAME, text, strlen(text));
}

static enum err refuse_seven(const struct config *config, struct err_info *error)
{
    return config->deliver_parallel == 7 ? err_set(error, ERR_USAGE, "deliver.parallel: seven") : ERR_OK;
}

static struct config_live *started(const char *text, char **argv)
{
    struct config_live *live = NULL;
    struct err_info error = {.code = ERR_OK};
    int argc = 0;
    write_text(text);
    while (argv[argc])
        argc++;
    if (config_live_read(&live, FILE_NAME, &argc, argv, refuse_seven, &error))
        fail_msg("%s", error.text);
    return live;
}

static void write_down(const struct config_change *change, void *context)
{
    buf_addf(context, "%s: %s, %s by %s%s\n", change->name, change->before, change->after, change->origin,
             change->taken ? "" : " later");
}

static void count_one(const struct config_change *change, void *context)
{
    int *count = context;
    (void)change;
    ++*count;
}

/* Reloads and asserts what is told. */
static void assert_told(struct config_live *live, const char *expected)
{
    struct buf told = BUF_INIT;
    struct err_info error = {.code = ERR_OK};
    if (config_live_reload(live, write_down, &told, &error))
        fail_msg("%s", error.text);
    assert_string_equal(told.data ? told.data : "", expected);
    buf_fini(&told);
}

static void assert_refused(struct config_live *live, const char *part)
{
    struct buf told = BUF_INIT;
    struct err_info error = {.code = ERR_OK};
    const struct config *before = config_now(live);
    assert_int_equal(config_live_reload(live, write_down, &told, &error), ERR_USAGE);
    if (!strstr(error.text, part))
        fail_msg("\"%s\" lacks \"%s\"", error.text, part);
    assert_int_equal(told.len, 0);
    assert_ptr_equal(config_now(live), before);
    buf_fini(&told);
}

static void what_may_change_does_and_the_rest_is_told(void **state)
{
    (void)state;
    char *argv[] = {"worker", NULL};
    struct config_live *live = started("deliver: {parallel: 2}\nworker: {processes: 1}\n", argv);
    const struct config *first = config_now(live);
    write_text("deliver: {parallel: 3}\nworker: {processes: 4}\nlog: {level: debug}\nretention: {outcomes: 2d}\n");
    assert_told(live, "log.level: \"info\", \"debug\" by file\n"
                      "worker.processes: 1, 4 by file later\n"
                      "retention.outcomes: 30d, 2d by file\n"
                      "deliver.parallel: 2, 3 by file\n");
    const struct config *second = config_now(live);
    assert_ptr_not_equal(first, second);
    assert_int_equal(first->deliver_parallel, 2); /* as it was, for a thread that still works with it */
    assert_int_equal(second->deliver_parallel, 3);
    assert_int_equal(second->worker_processes, 1);
    assert_string_equal(second->log_level, "debug");
    assert_told(live, "worker.processes: 1, 4 by file later\n"); /* until the restart */
    assert_ptr_equal(config_now(live), second);
    write_text("deliver: {parallel: 3}\nlog: {level: debug}\nretention: {outcomes: 2d}\n");
    assert_told(live, "");
    config_live_drop(live);
}

static void flags_and_environment_still_win(void **state)
{
    (void)state;
    char *argv[] = {"worker", "--log-level", "warn", "word", NULL};
    setenv("REPRISE_DELIVER_PARALLEL", "5", 1);
    struct config_live *live = started("deliver: {parallel: 2}\n", argv);
    assert_string_equal(argv[1], "word");
    assert_null(argv[2]);
    write_text("deliver: {parallel: 3}\nlog: {level: debug}\n");
    assert_told(live, "");
    assert_int_equal(config_now(live)->deliver_parallel, 5);
    assert_string_equal(config_now(live)->log_level, "warn");
    config_live_drop(live);
}

static void what_is_wrong_changes_nothing(void **state)
{
    (void)state;
    char *argv[] = {"worker", NULL};
    struct config_live *live = started("deliver: {parallel: 2}\n", argv);
    write_text("log: {level: debug}\ndeliver: {parallel: 0}\n");
    assert_refused(live, FILE_NAME ": line 2, column 21: deliver.parallel");
    write_text("log: {level: debug\n");
    assert_refused(live, FILE_NAME);
    write_text("deliver: {parallel: 7}\n");
    assert_refused(live, "deliver.parallel: seven"); /* the program's own check */
    assert_int_equal(unlink(FILE_NAME), 0);
    assert_refused(live, "cannot be opened");
    write_text("deliver: {parallel: 6}\n");
    assert_told(live, "deliver.parallel: 2, 6 by file\n");
    config_live_drop(live);
}

static void secrets_are_not_told(void **state)
{
    (void)state;
    char *argv[] = {"worker", NULL};
    struct config_live *live = started("history: {webhook_key: one-secret}\n", argv);
    write_text("history: {webhook_key: other-secret}\nredis: {url: \"redis://user:word@host:1\"}\n");
    assert_told(live, "redis.url: \"redis://127.0.0.1:6379\", (set) by file later\n"
                      "history.webhook_key: (set), (set) by file\n");
    assert_string_equal(config_now(live)->history_webhook_key, "other-secret");
    assert_string_equal(config_now(live)->redis_url, "redis://127.0.0.1:6379");
    config_live_drop(live);
}

/* ---- processes that were forked ---------------------------------------------------------------------------------- */

/* In a child: reloads, and ends with the value that it has then. */
static int parallel_of_child(struct config_live *live)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        struct err_info error;
        int count = 0;
        enum err rc = config_live_reload(live, count_one, &count, &error);
        _exit(rc ? 100 : (int)config_now(live)->deliver_parallel + 10 * count);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void who_was_forked_takes_what_the_first_has_accepted(void **state)
{
    (void)state;
    char *argv[] = {"worker", NULL};
    int to_child[2];
    struct config_live *live = started("deliver: {parallel: 2}\n", argv);
    write_text("deliver: {parallel: 3");
    assert_int_equal(parallel_of_child(live), 2); /* broken, but the child does not look */
    write_text("deliver: {parallel: 3}\n");
    assert_int_equal(parallel_of_child(live), 2); /* no reader has accepted that yet */
    assert_int_equal(pipe(to_child), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct err_info error;
        char go;
        int count = 0;
        close(to_child[1]); /* so that it ends, too, where the test fails before it writes */
        bool heard = read(to_child[0], &go, 1) == 1;
        _exit(heard && !config_live_reload(live, count_one, &count, &error) ? (int)config_now(live)->deliver_parallel
                                                                            : 100);
    }
    assert_told(live, "deliver.parallel: 2, 3 by file\n");
    assert_int_equal(unlink(FILE_NAME), 0);
    assert_refused(live, "cannot be opened");
    int status = 0;
    assert_int_equal(write(to_child[1], "g", 1), 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WEXITSTATUS(status), 3);
    close(to_child[0]);
    close(to_child[1]);
    config_live_drop(live);
}

/* ---- readers ----------------------------------------------------------------------------------------------------- */

struct reading {
    struct config_live *live;
    atomic_bool over;
    atomic_int looks, halves; /* halves of two settings that always change together */
};

static void *read_on(void *context)
{
    struct reading *reading = context;
    while (!atomic_load(&reading->over)) {
        const struct config *now = config_now(reading->live);
        bool is_odd = now->deliver_parallel % 2 != 0;
        atomic_fetch_add(&reading->halves, is_odd != (strcmp(now->definitions_dir, "odd") == 0));
        atomic_fetch_add(&reading->looks, 1);
    }
    return NULL;
}

static void readers_see_all_of_a_reload_or_nothing(void **state)
{
    (void)state;
    char *argv[] = {"worker", NULL};
    struct reading reading = {.live = started("deliver: {parallel: 2}\ndefinitions: {dir: even}\n", argv)};
    pthread_t threads[3];
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_on, &reading), 0);
    for (int i = 0; i < 200 || atomic_load(&reading.looks) < 200; i++) {
        struct err_info error;
        struct buf told = BUF_INIT;
        write_text(i % 2 ? "deliver: {parallel: 2}\ndefinitions: {dir: even}\n"
                         : "deliver: {parallel: 3}\ndefinitions: {dir: odd}\n");
        assert_int_equal(config_live_reload(reading.live, write_down, &told, &error), ERR_OK);
        buf_fini(&told);
    }
    atomic_store(&reading.over, true);
    for (size_t i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&reading.halves), 0);
    config_live_drop(reading.live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_may_change_does_and_the_rest_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(flags_and_environment_still_win, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_wrong_changes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(secrets_are_not_told, setup, teardown),
        cmocka_unit_test_setup_teardown(who_was_forked_takes_what_the_first_has_accepted, setup, teardown),
        cmocka_unit_test_setup_teardown(readers_see_all_of_a_reload_or_nothing, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
