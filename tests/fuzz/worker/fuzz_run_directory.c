/*
 * A whole directory of one workflow run, made from the input, through the reader. Records of four bytes and their
 * content: what it is, which name, how long; files, links, pipes, directories where files should be, files with holes.
 * What is read stays within its limits, a cost is none or not negative, every text is UTF-8, nothing is left open, and
 * the signature without reading is that of the reading.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/json.h"
#include "tests/fuzz/fuzz.h"
#include "worker/run/history_files.h"

#define RUN "run"
#define RUN_BYTES_MAX (INT64_C(8) << 20)

static const char *const names[] = {
    "adw_state.json",           "workflow_summary.json",       "error.log",
    "planner/raw_output.jsonl", "planner/cc_raw_output.jsonl", "builder/raw_output.jsonl",
    "adw_x/raw_output.jsonl",   "odd\x1b\n/raw_output.jsonl",  "planner",
    "deep/er/raw_output.jsonl",
};
enum what { A_FILE, MORE_OF_A_FILE, A_HOLE, A_LINK, A_PIPE, A_DIRECTORY, WHATS };

static char root[64];

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info;
    (void)walk;
    return kind == FTW_DP ? rmdir(path) : unlink(path);
}

/* What cannot be made is missing, which is a case as well. */
static void ignore(int result)
{
    (void)result;
}

static void put_bytes(int dir, const char *name, const uint8_t *bytes, size_t len, int flags)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC | flags, 0600);
    if (fd < 0)
        return;
    if (write(fd, bytes, len) < 0)
        ignore(ftruncate(fd, 0));
    close(fd);
}

static void put_hole(int dir, const char *name, size_t len)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0 && ftruncate(fd, (off_t)len << 12) != 0)
        ignore(ftruncate(fd, 0));
    if (fd >= 0)
        close(fd);
}

static void put_record(int dir, const uint8_t *head, const uint8_t *bytes, size_t len)
{
    const char *name = names[head[1] % (sizeof names / sizeof *names)], *slash = strchr(name, '/');
    if (slash != NULL) {
        char parent[32];
        snprintf(parent, sizeof parent, "%.*s", (int)(slash - name), name);
        ignore(mkdirat(dir, parent, 0700));
    }
    switch ((enum what)(head[0] % WHATS)) {
    case A_LINK:
        ignore(symlinkat("../../../../etc/passwd", dir, name));
        return;
    case A_PIPE:
        ignore(mkfifoat(dir, name, 0600));
        return;
    case A_DIRECTORY:
        (void)mkdirat(dir, name, 0700);
        return;
    case A_HOLE:
        put_hole(dir, name, len);
        return;
    default:
        put_bytes(dir, name, bytes, len, head[0] % WHATS == A_FILE ? O_TRUNC : O_APPEND);
    }
}

static void make_run(int dir, const uint8_t *data, size_t size)
{
    while (size >= 4) {
        size_t len = (size_t)data[2] << 8 | data[3];
        len = len < size - 4 ? len : size - 4;
        put_record(dir, data, data + 4, len);
        data += 4 + len;
        size -= 4 + len;
    }
}

static void check_text(const char *text)
{
    FUZZ_CHECK(text == NULL || json_is_utf8(text, strlen(text)));
}

static void check_facts(const struct run_facts *facts)
{
    FUZZ_CHECK(!facts->has_cost || (facts->actual_cost_nusd >= 0 && facts->actual_cost_nusd <= MONEY_MAX_NUSD));
    FUZZ_CHECK(!facts->has_tokens || facts->total_tokens >= 0);
    FUZZ_CHECK(strlen(facts->signature) == SHA256_HEX && strlen(facts->source_digest) == SHA256_HEX);
    check_text(facts->nl_input);
    check_text(facts->model_used);
    check_text(facts->error_message);
    check_text(facts->branch_name);
    for (size_t i = 0; i < facts->model_count; i++)
        check_text(facts->models[i].name);
    for (size_t i = 0; i < facts->warning_count && i < RUN_WARNINGS_MAX; i++)
        FUZZ_CHECK(strpbrk(facts->warnings[i], "\x1b\n\r") == NULL);
}

static void read_it(struct history_reader *reader)
{
    struct history_dir *dir = NULL;
    struct run_facts facts;
    struct history_signature signature;
    struct err_info error = {.code = ERR_OK};
    run_facts_init(&facts);
    FUZZ_CHECK(history_dir_open(root, NULL, &dir, &error) == ERR_OK);
    enum err err = history_files_read(reader, dir, RUN, &facts, &error);
    FUZZ_CHECK(err == ERR_OK || err == ERR_NOT_FOUND || err == ERR_PERMANENT);
    if (err == ERR_OK) {
        check_facts(&facts);
        FUZZ_CHECK(history_files_signature(reader, dir, RUN, &signature, &error) == ERR_OK);
        FUZZ_CHECK(strcmp(signature.text, facts.signature) == 0);
    } else {
        FUZZ_CHECK(error.text[0] != '\0' && strpbrk(error.text, "\x1b\n\r") == NULL);
    }
    run_facts_fini(&facts);
    history_dir_close(dir);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct history_reader *reader;
    if (reader == NULL) {
        const char *place = getenv("TMPDIR");
        snprintf(root, sizeof root, "%.40s/fuzz-run-XXXXXX", place != NULL ? place : "/tmp");
        reader = history_reader_new(prices_builtin(), NULL, NULL);
        history_reader_set_limit(reader, RUN_BYTES_MAX);
    }
    memcpy(root + strlen(root) - 6, "XXXXXX", 6);
    FUZZ_CHECK(mkdtemp(root) != NULL);
    int top = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    FUZZ_CHECK(top >= 0 && mkdirat(top, RUN, 0700) == 0);
    int dir = openat(top, RUN, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    make_run(dir, data, size);
    close(dir);
    close(top);
    read_it(reader);
    FUZZ_CHECK(nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS) == 0);
    return 0;
}
