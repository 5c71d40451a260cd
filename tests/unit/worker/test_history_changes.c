/*
 * Runs that change while they are read, and kernels without openat2. Writers are threads and ticks of the reader
 * itself, so that nothing here waits for the clock.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/input_file.h"
#include "common/base/mem.h"
#include "tests/testing/testing.h"
#include "worker/run/history_files.h"

#define APPENDED 400
#define READINGS_MAX 20000

struct place {
    char *root, *stream; /* of the run "run" */
    struct history_dir *dir;
    struct prices *prices;
};

static int setup(void **state)
{
    void *root = NULL;
    if (testing_dir_setup(&root) != 0)
        return -1;
    struct place *place = mem_zalloc(sizeof(*place));
    struct err_info error;
    place->root = root;
    place->prices = prices_builtin();
    char *run = testing_join(root, "run"), *agent = testing_join(run, "planner");
    assert_int_equal(mkdir(run, 0755) | mkdir(agent, 0755), 0);
    place->stream = testing_join(agent, "raw_output.jsonl");
    assert_int_equal(history_dir_open(root, NULL, &place->dir, &error), ERR_OK);
    free(run);
    free(agent);
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    struct place *place = *state;
    void *root = place->root;
    history_dir_close(place->dir);
    prices_drop(place->prices);
    free(place->stream);
    free(place);
    return testing_dir_teardown(&root);
}

struct writer {
    const char *path;
    atomic_bool done;
};

/* A cent more with each line; each is written in two halves. */
static void *append(void *context)
{
    struct writer *writer = context;
    int fd = open(writer->path, O_WRONLY | O_CREAT | O_APPEND, 0644);
    for (int i = 1; fd >= 0 && i <= APPENDED; i++) {
        char line[128];
        int len = snprintf(line, sizeof(line), "{\"type\":\"result\",\"total_cost_usd\":%d.%02d}\n", i / 100, i % 100);
        if (write(fd, line, (size_t)len / 2) < 0 || write(fd, line + len / 2, (size_t)(len - len / 2)) < 0)
            break;
    }
    close(fd);
    atomic_store(&writer->done, true);
    return NULL;
}

static void a_stream_that_grows_never_costs_less(void **state)
{
    struct place *place = *state;
    struct history_reader *reader = history_reader_new(place->prices, NULL, NULL);
    struct writer writer = {.path = place->stream};
    struct run_facts facts;
    struct err_info error;
    pthread_t thread;
    int64_t before = 0;
    testing_write_file(place->stream, "", 0);
    run_facts_init(&facts);
    assert_int_equal(pthread_create(&thread, NULL, append, &writer), 0);
    for (int i = 0; i < READINGS_MAX && !atomic_load(&writer.done); i++) {
        assert_int_equal(history_files_read(reader, place->dir, "run", &facts, &error), ERR_OK);
        if (!facts.has_cost)
            continue;
        assert_true(facts.actual_cost_nusd >= before && facts.actual_cost_nusd % 10000000 == 0);
        before = facts.actual_cost_nusd;
    }
    pthread_join(thread, NULL);
    assert_int_equal(history_files_read(reader, place->dir, "run", &facts, &error), ERR_OK);
    assert_int_equal(facts.actual_cost_nusd, APPENDED * INT64_C(10000000));
    run_facts_fini(&facts);
    history_reader_drop(reader);
}

/* Cuts the stream at each of the reader's ticks, `times` times, to an eighth: what is to be read next is gone. */
struct cutter {
    const char *path;
    off_t size;
    int times;
};

static enum err cut(void *context, struct err_info *error)
{
    struct cutter *cutter = context;
    (void)error;
    if (cutter->times-- > 0)
        assert_int_equal(truncate(cutter->path, cutter->size /= 8), 0);
    return ERR_OK;
}

/* A result line, then a hole that is a search of many ticks. */
static enum err read_while_cut(struct place *place, int times, struct run_facts *facts, struct err_info *error)
{
    static const char line[] = "{\"type\":\"result\",\"total_cost_usd\":0.5}\n";
    struct cutter cutter = {place->stream, (off_t)32 << 30, times};
    struct history_reader *reader = history_reader_new(place->prices, cut, &cutter);
    testing_write_file(place->stream, line, sizeof(line) - 1);
    assert_int_equal(truncate(place->stream, cutter.size), 0);
    enum err err = history_files_read(reader, place->dir, "run", facts, error);
    history_reader_drop(reader);
    return err;
}

static void a_stream_that_was_cut_is_read_again(void **state)
{
    struct run_facts facts;
    struct err_info error = {.code = ERR_OK};
    run_facts_init(&facts);
    if (read_while_cut(*state, 2, &facts, &error) != ERR_OK)
        fail_msg("%s", error.text);
    assert_int_equal(facts.actual_cost_nusd, 500000000);
    run_facts_fini(&facts);
}

static void a_stream_that_is_cut_each_time_is_left_for_a_retry(void **state)
{
    struct run_facts facts;
    struct err_info error = {.code = ERR_OK};
    run_facts_init(&facts);
    assert_int_equal(read_while_cut(*state, 3, &facts, &error), ERR_RETRY);
    assert_string_equal(error.text, "run: planner/raw_output.jsonl: it became shorter while it was read");
    run_facts_fini(&facts);
}

static enum err interrupt(void *context, struct err_info *error)
{
    int *calls = context;
    return ++*calls == 2 ? err_set(error, ERR_FENCED, "cancelled") : ERR_OK;
}

static void a_long_search_can_be_interrupted(void **state)
{
    struct place *place = *state;
    int calls = 0;
    struct history_reader *reader = history_reader_new(place->prices, interrupt, &calls);
    struct run_facts facts;
    struct err_info error = {.code = ERR_OK};
    testing_write_file(place->stream, "x", 1);
    assert_int_equal(truncate(place->stream, 100 << 20), 0);
    run_facts_init(&facts);
    assert_int_equal(history_files_read(reader, place->dir, "run", &facts, &error), ERR_FENCED);
    assert_int_equal(calls, 2);
    run_facts_fini(&facts);
    history_reader_drop(reader);
}

/* From here on openat2 is a call that this process does not know. */
static bool forget_openat2(void)
{
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof(rules) / sizeof(rules[0]), rules};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static const struct {
    const char *path;
    int number; /* errno; 0: opens */
} without_openat2[] = {
    {"run/planner/raw_output.jsonl", 0},
    {"run", 0},
    {"link", ELOOP},
    {"run/link", ELOOP},
    {"linked/raw_output.jsonl", ELOOP},
    {"run/../run", EXDEV},
    {"/etc/passwd", EXDEV},
    {"run//planner", 0},
    {"run/missing/raw_output.jsonl", ENOENT},
    {"run/planner/raw_output.jsonl/x", ELOOP},
};

/* The child's part: its exit code is 1 + the number of the case that does not hold. */
static int open_all(int dir)
{
    if (!forget_openat2())
        return 77;
    for (size_t i = 0; i < sizeof(without_openat2) / sizeof(without_openat2[0]); i++) {
        int fd = beneath_open(dir, without_openat2[i].path, 0, BENEATH_NO_LINKS);
        if ((fd >= 0) != (without_openat2[i].number == 0) || (fd < 0 && errno != without_openat2[i].number))
            return 1 + (int)i;
    }
    return 0;
}

static void without_openat2_links_are_not_followed_either(void **state)
{
    struct place *place = *state;
    testing_write_file(place->stream, "x", 1);
    static const char *const links[][2] = {
        {"link", "run"}, {"run/link", "planner/raw_output.jsonl"}, {"linked", "run/planner"}};
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        char *path = testing_join(place->root, links[i][0]);
        assert_int_equal(symlink(links[i][1], path), 0);
        free(path);
    }
    int dir = open(place->root, O_RDONLY | O_DIRECTORY), status = 0;
    assert_true(dir >= 0);
    pid_t child = fork();
    if (child == 0)
        _exit(open_all(dir));
    assert_int_equal(waitpid(child, &status, 0), child);
    close(dir);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        skip();
    if (WEXITSTATUS(status) != 0)
        fail_msg("%s", without_openat2[WEXITSTATUS(status) - 1].path);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_stream_that_grows_never_costs_less),
        TEST(a_stream_that_was_cut_is_read_again),
        TEST(a_stream_that_is_cut_each_time_is_left_for_a_retry),
        TEST(a_long_search_can_be_interrupted),
        TEST(without_openat2_links_are_not_followed_either),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
