/*
 * Runs read from directories: the odd ones, which are made here. "The others are unaffected" is what every broken run
 * is checked for. test_real_runs.c has the real ones.
 */
#include "worker/run/history_files.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "tests/testing/testing.h"
#include "tests/unit/worker/run_place.h"

#define COST_LINE(amount)                                                                                              \
    "{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":false,\"duration_ms\":1000,\"total_cost_usd\":" amount  \
    ",\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}\n"
#define INIT_LINE "{\"type\":\"system\",\"subtype\":\"init\",\"model\":\"claude-sonnet-4-5-20250929\"}\n"

static void expect_failure(struct place *place, const char *id, enum err err, const char *words)
{
    assert_int_equal(read_run(place, id), err);
    if (strstr(place->error.text, words) == NULL)
        fail_msg("%s: expected \"%s\" in \"%s\"", id, words, place->error.text);
    if (strcmp(id, "healthy") != 0 && access(place->root, X_OK) == 0)
        expect_cost(place, "healthy", 2370000000);
}

static void expect_warning(const struct place *place, const char *words)
{
    for (size_t i = 0; i < place->facts.warning_count && i < RUN_WARNINGS_MAX; i++)
        if (strstr(place->facts.warnings[i], words) != NULL)
            return;
    fail_msg("no warning says \"%s\"; there are %zu, the first: %s", words, place->facts.warning_count,
             place->facts.warning_count > 0 ? place->facts.warnings[0] : "-");
}

/* Makes the directories on the way; `root` "/" `path`, the caller's. */
static char *make_path(const struct place *place, const char *path)
{
    char *full = testing_join(place->root, path);
    for (char *slash = full + strlen(place->root) + 1; (slash = strchr(slash, '/')) != NULL; *slash++ = '/') {
        *slash = '\0';
        (void)mkdir(full, 0755);
    }
    return full;
}

static void put(const struct place *place, const char *path, const char *text)
{
    char *full = make_path(place, path);
    testing_write_file(full, text, strlen(text));
    free(full);
}

/* `before` bytes of a hole, then `text`, then `after` bytes of a hole. */
static void put_sparse(const struct place *place, const char *path, off_t before, const char *text, off_t after)
{
    char *full = make_path(place, path);
    int fd = open(full, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, text, strlen(text), before), strlen(text));
    assert_int_equal(ftruncate(fd, before + (off_t)strlen(text) + after), 0);
    close(fd);
    free(full);
}

static int setup(void **state)
{
    void *root = NULL;
    if (testing_dir_setup(&root) != 0)
        return -1;
    struct place *place = mem_alloc(sizeof(*place));
    assert_int_equal(chmod(root, 0755), 0);
    place_open(place, root);
    free(root);
    put(place, "healthy/planner/raw_output.jsonl", INIT_LINE COST_LINE("2.37"));
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    struct place *place = *state;
    void *root = mem_strdup(place->root);
    place_close(place);
    free(place);
    return testing_dir_teardown(&root);
}

static void broken_files_fail_their_run_with_path_and_place(void **state)
{
    struct place *place = *state;
    put(place, "broken/adw_state.json", "{\"adw_id\": \"broken\",\n  \"status\": oops}");
    expect_failure(place, "broken", ERR_PERMANENT, "broken: adw_state.json: line 2, column 13");
    put(place, "cut/adw_state.json", "{\"adw_id\": \"cut\"");
    expect_failure(place, "cut", ERR_PERMANENT, "line 1, column 17");
    put(place, "list/adw_state.json", "[]");
    expect_failure(place, "list", ERR_PERMANENT, "expected an object");
    put(place, "dir/planner/raw_output.jsonl/x", "");
    expect_failure(place, "dir", ERR_PERMANENT, "planner/raw_output.jsonl: a directory where a file should be");
    put(place, "statedir/adw_state.json/x", "");
    expect_failure(place, "statedir", ERR_PERMANENT, "adw_state.json: a directory where a file should be");
    put(place, "nothing/notes.txt", "");
    expect_failure(place, "nothing", ERR_NOT_FOUND, "no state file, no summary and no agent output");
    expect_failure(place, "missing", ERR_NOT_FOUND, "missing: not there");
    put_sparse(place, "huge/adw_state.json", 0, "{}", 9 << 20);
    expect_failure(place, "huge", ERR_PERMANENT, "too many");
}

static void ids_lead_nowhere_else(void **state)
{
    struct place *place = *state;
    assert_int_equal(read_run(place, "../x"), ERR_USAGE);
    assert_int_equal(read_run(place, ".."), ERR_USAGE);
    assert_int_equal(read_run(place, "healthy/planner"), ERR_USAGE);
    assert_int_equal(read_run(place, ""), ERR_USAGE);
}

static void links_are_never_followed(void **state)
{
    struct place *place = *state;
    put(place, "filelink/planner/x", "");
    char *path = make_path(place, "filelink/planner/raw_output.jsonl");
    assert_int_equal(symlink("../../healthy/planner/raw_output.jsonl", path), 0);
    free(path);
    expect_failure(place, "filelink", ERR_PERMANENT, "a link, and links are not followed");
    path = make_path(place, "dirlink/planner");
    assert_int_equal(symlink("../healthy/planner", path), 0);
    free(path);
    put(place, "dirlink/builder/raw_output.jsonl", COST_LINE("1.5"));
    expect_cost(place, "dirlink", 1500000000);
    expect_warning(place, "links are not followed");
    path = make_path(place, "runlink");
    assert_int_equal(symlink("healthy", path), 0);
    free(path);
    expect_failure(place, "runlink", ERR_PERMANENT, "link");
    path = make_path(place, "pipe/planner/raw_output.jsonl");
    assert_int_equal(mkfifo(path, 0644), 0);
    free(path);
    expect_failure(place, "pipe", ERR_PERMANENT, "no regular file");
}

static void unreadable_files_say_so(void **state)
{
    struct place *place = *state;
    put(place, "locked/planner/raw_output.jsonl", COST_LINE("1"));
    char *path = make_path(place, "locked/planner/raw_output.jsonl");
    assert_int_equal(chmod(path, 0), 0);
    free(path);
    uid_t user = geteuid();
    if (user == 0)
        assert_int_equal(seteuid(65534), 0);
    enum err err = read_run(place, "locked");
    assert_int_equal(seteuid(user), 0);
    assert_int_equal(err, ERR_PERMANENT);
    assert_non_null(strstr(place->error.text, "locked: planner/raw_output.jsonl: Permission denied"));
    expect_cost(place, "healthy", 2370000000);
}

/* `first`, a line of 50 MiB that begins like a result line, and one of another type. */
static void put_long_line(const struct place *place, const char *path, const char *first)
{
    static char mebibyte[1 << 20];
    memset(mebibyte, 'x', sizeof(mebibyte));
    char *full = make_path(place, path);
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    fprintf(file, "%s{\"type\":\"result\",\"total_cost_usd\":9,\"result\":\"", first);
    for (int i = 0; i < 50; i++)
        assert_int_equal(fwrite(mebibyte, 1, sizeof(mebibyte), file), sizeof(mebibyte));
    fputs("\"}\n{\"type\":\"assistant\"}\n", file);
    assert_int_equal(fclose(file), 0);
    free(full);
}

static long peak_kib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void huge_streams_cost_little_memory(void **state)
{
    struct place *place = *state;
    long before = peak_kib();
    put_sparse(place, "sparse/planner/raw_output.jsonl", 300 << 20, "\n" COST_LINE("0.5"), 0);
    expect_cost(place, "sparse", 500000000);
    put_sparse(place, "hole/planner/raw_output.jsonl", 0, COST_LINE("0.25"), 300 << 20);
    expect_cost(place, "hole", 250000000);
    expect_warning(place, "skipped");
    put_long_line(place, "longline/planner/raw_output.jsonl", COST_LINE("0.75"));
    expect_cost(place, "longline", 750000000);
    expect_warning(place, "lines of more than 4194304 bytes skipped");
    assert_in_range(peak_kib() - before, 0, 64 * 1024);
}

/* Terabytes that are one hole would be searched for hours; what is over the limit fails its run, and at once. */
static void streams_over_the_limit_fail_their_run(void **state)
{
    struct place *place = *state;
    history_reader_set_limit(place->reader, INT64_C(4) << 30);
    put_sparse(place, "giant/planner/raw_output.jsonl", 0, COST_LINE("0.5"), INT64_C(8) << 40);
    expect_failure(place, "giant", ERR_PERMANENT, "giant: planner/raw_output.jsonl: the run's streams hold more than");
    history_reader_set_limit(place->reader, 3 << 20);
    put_sparse(place, "two/builder/raw_output.jsonl", 2 << 20, "\n" COST_LINE("0.5"), 0);
    expect_cost(place, "two", 500000000);
    put_sparse(place, "two/planner/raw_output.jsonl", 2 << 20, "\n" COST_LINE("0.5"), 0);
    expect_failure(place, "two", ERR_PERMANENT, "history.max_run_bytes");
    history_reader_set_limit(place->reader, 8 << 20);
    expect_cost(place, "two", 1000000000);
}

static enum err interrupt_listing(void *context, struct err_info *error)
{
    ++*(int *)context;
    return err_set(error, ERR_INTERRUPTED, "asked to stop");
}

static void a_run_of_very_many_entries_can_be_left(void **state)
{
    struct place *place = *state;
    int calls = 0;
    put(place, "crowd/planner/raw_output.jsonl", COST_LINE("1"));
    char *path = make_path(place, "crowd");
    int dir = open(path, O_RDONLY | O_DIRECTORY);
    free(path);
    for (int i = 0; i < 1100; i++) {
        char name[16];
        snprintf(name, sizeof(name), "x%d", i);
        assert_int_equal(mknodat(dir, name, S_IFREG | 0600, 0), 0);
    }
    close(dir);
    expect_cost(place, "crowd", 1000000000);
    history_reader_set_tick(place->reader, interrupt_listing, &calls);
    assert_int_equal(read_run(place, "crowd"), ERR_INTERRUPTED);
    assert_int_equal(calls, 1);
    history_reader_set_tick(place->reader, NULL, NULL);
}

static void odd_ends_are_passed_over(void **state)
{
    struct place *place = *state;
    put(place, "midline/planner/raw_output.jsonl", COST_LINE("1.25") "{\"type\":\"result\",\"total_cost_u");
    expect_cost(place, "midline", 1250000000);
    assert_int_equal(place->facts.warning_count, 0); /* a writer at work is nothing odd */
    put(place, "broken/planner/raw_output.jsonl", COST_LINE("1.25") "nonsense\n\n{}\n");
    expect_cost(place, "broken", 1250000000);
    expect_warning(place, "1 broken lines skipped");
    put_sparse(place, "nul/planner/raw_output.jsonl", 4096, COST_LINE("1.75"), 4096);
    expect_cost(place, "nul", 1750000000);
    put(place, "first/planner/raw_output.jsonl", COST_LINE("1") COST_LINE("3"));
    expect_cost(place, "first", 3000000000);
    put(place, "both/planner/raw_output.jsonl", COST_LINE("1"));
    put(place, "both/planner/cc_raw_output.jsonl", COST_LINE("9"));
    put(place, "both/builder/cc_raw_output.jsonl", COST_LINE("2"));
    expect_cost(place, "both", 3000000000);
    put(place, "empty/planner/raw_output.jsonl", "");
    assert_int_equal(read_run(place, "empty"), ERR_OK);
    assert_false(place->facts.has_cost);
    expect_warning(place, "no cost data");
}

static void the_stream_is_asked_for_its_model_where_only_usage_tells(void **state)
{
    struct place *place = *state;
    static const char usage[] = "{\"type\":\"result\",\"subtype\":\"success\",\"usage\":{\"input_tokens\":1000000}}\n";
    struct buf text = BUF_INIT;
    buf_add_str(&text, INIT_LINE);
    buf_add_str(&text, usage);
    put(place, "init/planner/raw_output.jsonl", text.data);
    expect_cost(place, "init", 3000000000);
    assert_string_equal(place->facts.model_used, "claude-sonnet-4-5-20250929");
    buf_reset(&text);
    buf_add_str(&text, "{\"type\":\"assistant\",\"message\":{\"model\":\"claude-opus-4-1-20250805\"}}\n");
    buf_add_str(&text, usage);
    put(place, "assistant/planner/raw_output.jsonl", text.data);
    expect_cost(place, "assistant", 15000000000);
    put(place, "none/planner/raw_output.jsonl", usage);
    assert_int_equal(read_run(place, "none"), ERR_OK);
    assert_false(place->facts.has_cost);
    expect_warning(place, "neither cost nor a model with a price");
    buf_fini(&text);
}

#define RESULT(amount, more) "{\"type\":\"result\",\"subtype\":\"success\",\"total_cost_usd\":" amount more "}\n"
#define SESSION(id) ",\"session_id\":\"" id "\""
#define INIT(id) "{\"type\":\"system\",\"subtype\":\"init\"" SESSION(id) ",\"model\":\"claude-sonnet-4-5\"}\n"

/* A resumed session is another process that appends to the same stream, and each is paid. */
static void each_process_of_a_stream_is_paid_once(void **state)
{
    struct place *place = *state;
    static const struct {
        const char *stream;
        int64_t nusd;
    } cases[] = {
        {INIT("a") RESULT("0.25", SESSION("a")) INIT("a") RESULT("0.03", SESSION("a")), 280000000},
        {INIT("a") RESULT("0.25", SESSION("a")) INIT("b") RESULT("0.03", SESSION("b")), 280000000},
        {INIT("a") RESULT("0.1", SESSION("a")) RESULT("0.25", SESSION("a")) INIT("a") RESULT("0.03", ""), 280000000},
        {INIT("a") INIT("a") RESULT("0.25", "") INIT("a"), 250000000}, /* the third one still runs */
        {RESULT("0.25", SESSION("a")) RESULT("0.03", SESSION("b")), 280000000},
        {RESULT("0.25", SESSION("a")) RESULT("0.03", SESSION("a")), 30000000},
        {RESULT("0.25", "") RESULT("0.03", ""), 30000000},
        /* The same line again is not paid again. */
        {INIT("a") RESULT("0.25", ",\"uuid\":\"u\"") INIT("a") RESULT("0.25", ",\"uuid\":\"u\""), 250000000},
        {INIT("a") RESULT("0.25", ",\"uuid\":\"u\"") INIT("a") RESULT("0.25", ",\"uuid\":\"v\""), 500000000},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        put(place, "resumed/planner/raw_output.jsonl", cases[i].stream);
        expect_cost(place, "resumed", cases[i].nusd);
        assert_int_equal(place->facts.retry_count, 0);
        assert_int_equal(place->facts.phases[0].agents, 1);
    }
}

static void each_process_is_priced_by_its_own_model(void **state)
{
    struct place *place = *state;
    static const char usage[] = "{\"type\":\"result\",\"usage\":{\"input_tokens\":1000000}}\n";
    struct buf text = BUF_INIT;
    buf_addf(&text, "{\"type\":\"system\",\"subtype\":\"init\",\"model\":\"claude-opus-4-0\"}\n%s" INIT_LINE "%s",
             usage, usage);
    put(place, "two/planner/raw_output.jsonl", text.data);
    buf_fini(&text);
    expect_cost(place, "two", 18000000000);
    put(place, "hour/planner/raw_output.jsonl",
        INIT_LINE "{\"type\":\"result\",\"usage\":{\"cache_creation_input_tokens\":1000000,\"cache_creation\":"
                  "{\"ephemeral_1h_input_tokens\":600000,\"ephemeral_5m_input_tokens\":400000}}}\n");
    expect_cost(place, "hour", 3600000000 + 1500000000);
}

#define BOM "\xef\xbb\xbf"

/* What Python and Windows write is read as far as it can be; no older line counts in its place without a word. */
static void what_python_and_windows_write_is_read(void **state)
{
    struct place *place = *state;
    put(place, "bytes/planner/raw_output.jsonl", COST_LINE("9") RESULT("0.5", ",\"result\":\"caf\xe9 \x01\""));
    expect_cost(place, "bytes", 500000000);
    expect_warning(place, "agent planner: its result line holds bytes that are no text");
    put(place, "nan/planner/raw_output.jsonl",
        COST_LINE("9") RESULT("0.5", ",\"duration_ms\":NaN,\"x\":[Infinity,-Infinity]"));
    expect_cost(place, "nan", 500000000);
    expect_warning(place, "duration_ms cannot be used");
    put(place, "text/planner/raw_output.jsonl",
        RESULT("\"0.5\"", ",\"modelUsage\":{\"claude-opus-4-0\":{\"costUSD\":0.25}}"));
    expect_cost(place, "text", 250000000);
    expect_warning(place, "total_cost_usd cannot be used");
    put(place, "bom/planner/raw_output.jsonl", BOM RESULT("0.5", ""));
    expect_cost(place, "bom", 500000000);
    put(place, "crlf/planner/raw_output.jsonl",
        BOM "{\"type\":\"x\"}\r\n{\"type\":\"result\",\"total_cost_usd\":0.5}\r\n");
    expect_cost(place, "crlf", 500000000);
    assert_int_equal(place->facts.warning_count, 1);
    expect_warning(place, "tells no tokens");
    put(place, "broken/planner/raw_output.jsonl", COST_LINE("9") "{\"type\":\"result\",\"total_cost_usd\":0.5,}\n{}\n");
    expect_cost(place, "broken", 9000000000);
    expect_warning(place, "1 of them are result lines");
    put(place, "state/adw_state.json",
        BOM "{\"status\":\"completed\",\"nl_input\":\"caf\xe9\",\"retry_count\":NaN,"
            "\"start_time\":1765362783.5,\"end_time\":1765362793500,\"model\":7}");
    assert_int_equal(read_run(place, "state"), ERR_OK);
    assert_int_equal(place->facts.start_us, 1765362783500000);
    assert_int_equal(place->facts.duration_ms, 10000);
    assert_int_equal(place->facts.hour_of_day, 10);
    assert_string_equal(place->facts.nl_input, "caf\xef\xbf\xbd");
    expect_warning(place, "retry_count, model cannot be used");
    expect_warning(place, "bytes that are no text");
    put(place, "wide/adw_state.json", "\xff\xfe{");
    expect_failure(place, "wide", ERR_PERMANENT, "UTF-16");
}

static void set_age(const struct place *place, const char *path, time_t age_s)
{
    char *full = make_path(place, path);
    struct timespec now, times[2];
    clock_gettime(CLOCK_REALTIME, &now);
    times[0] = times[1] = (struct timespec){now.tv_sec - age_s, 5};
    assert_int_equal(utimensat(AT_FDCWD, full, times, 0), 0);
    free(full);
}

static void the_signature_tells_of_every_change_without_reading(void **state)
{
    struct place *place = *state;
    struct history_signature first, next;
    assert_int_equal(history_files_signature(place->reader, place->dir, "healthy", &first, &place->error), ERR_OK);
    assert_false(first.settled);
    set_age(place, "healthy/planner/raw_output.jsonl", 10);
    assert_int_equal(history_files_signature(place->reader, place->dir, "healthy", &next, &place->error), ERR_OK);
    assert_true(next.settled);
    assert_string_not_equal(first.text, next.text);
    expect_cost(place, "healthy", 2370000000);
    assert_string_equal(place->facts.signature, next.text);
    assert_true(place->facts.settled);
    char *digest = mem_strdup(place->facts.source_digest);
    expect_cost(place, "healthy", 2370000000);
    assert_string_equal(place->facts.source_digest, digest);
    static const char *const additions[] = {"healthy/adw_state.json", "healthy/error.log", "healthy/adw_plan/x",
                                            "healthy/builder/raw_output.jsonl"};
    for (size_t i = 0; i < sizeof(additions) / sizeof(additions[0]); i++) {
        put(place, additions[i], "{}");
        set_age(place, additions[i], 10);
        first = next;
        assert_int_equal(history_files_signature(place->reader, place->dir, "healthy", &next, &place->error), ERR_OK);
        assert_string_not_equal(first.text, next.text);
        assert_int_equal(read_run(place, "healthy"), ERR_OK);
        assert_string_equal(place->facts.signature, next.text);
    }
    assert_string_not_equal(place->facts.source_digest, digest);
    free(digest);
}

/* The same size and time, other bytes: the signature cannot see it, the digest does. */
static void the_digest_covers_the_bytes_read(void **state)
{
    struct place *place = *state;
    set_age(place, "healthy/planner/raw_output.jsonl", 10);
    expect_cost(place, "healthy", 2370000000);
    char *digest = mem_strdup(place->facts.source_digest), *signature = mem_strdup(place->facts.signature);
    char *path = make_path(place, "healthy/planner/raw_output.jsonl");
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    put(place, "healthy/planner/raw_output.jsonl", INIT_LINE COST_LINE("9.37"));
    struct timespec times[2] = {info.st_atim, info.st_mtim};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    expect_cost(place, "healthy", 9370000000);
    assert_string_equal(place->facts.signature, signature);
    assert_string_not_equal(place->facts.source_digest, digest);
    free(path);
    free(digest);
    free(signature);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(broken_files_fail_their_run_with_path_and_place),
        TEST(ids_lead_nowhere_else),
        TEST(links_are_never_followed),
        TEST(unreadable_files_say_so),
        TEST(huge_streams_cost_little_memory),
        TEST(streams_over_the_limit_fail_their_run),
        TEST(a_run_of_very_many_entries_can_be_left),
        TEST(odd_ends_are_passed_over),
        TEST(the_stream_is_asked_for_its_model_where_only_usage_tells),
        TEST(each_process_of_a_stream_is_paid_once),
        TEST(each_process_is_priced_by_its_own_model),
        TEST(what_python_and_windows_write_is_read),
        TEST(the_signature_tells_of_every_change_without_reading),
        TEST(the_digest_covers_the_bytes_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
