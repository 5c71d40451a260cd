/*
 * A small stand-in for libFuzzer, so that each fuzzer is also a test that any compiler builds:
 *     fuzz_<box>_<x> [-runs=N] [-seed=N] <corpus directory or file>…
 * runs every file, then N mutations of them. The same seed gives the same inputs. What crashes it is written to
 * crash-<seed>-<run> in the working directory; that file, given as the argument with -runs=0, repeats it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "tests/fuzz/fuzz.h"
#include "tests/testing/testing.h"

#define RUNS_DEFAULT 2000
#define SEED_DEFAULT 1
#define INPUT_MAX 4096
#define CHANGES_MAX 6

struct corpus {
    struct buf *inputs;
    size_t count;
};

static uint64_t seed = SEED_DEFAULT, runs = RUNS_DEFAULT;
static uint64_t random_state;

/* For the crash handler: the input in hand. */
static char crash_path[64];
static const char *current;
static size_t current_len;

/* splitmix64 (Steele, Lea, Flood 2014): any seed will do, also 0. */
static uint64_t next_random(void)
{
    random_state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = random_state;
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* From 0 to `limit` - 1. */
static size_t pick(size_t limit)
{
    return (size_t)(next_random() % limit);
}

/* Puts `len` bytes in the place of `removed` bytes at `at`. */
static void replace(struct buf *input, size_t at, size_t removed, const char *bytes, size_t len)
{
    if (input->len - removed + len > INPUT_MAX)
        return;
    char *copy = mem_alloc(len);
    memcpy(copy, bytes, len); /* they may be part of the input */
    buf_reserve(input, len);
    memmove(input->data + at + len, input->data + at + removed, input->len - at - removed);
    memcpy(input->data + at, copy, len);
    input->len = input->len - removed + len;
    free(copy);
}

/* Texts that parsers tend to stumble over. */
static const struct {
    const char *bytes;
    size_t len;
} oddities[] = {
    {"\0", 1},
    {"\n", 1},
    {"\"", 1},
    {"\\u0000", 6},
    {"\\ud800", 6},
    {"\xFF", 1},
    {"\xC0\x80", 2},
    {"\xED\xA0\x80", 3},
    {"\xEF\xBB\xBF", 3},
    {"[[[[[[[[", 8},
    {"{", 1},
    {"}", 1},
    {":", 1},
    {",", 1},
    {"-", 1},
    {"1e999", 5},
    {"9223372036854775808", 19},
    {"0", 1},
    {"-1", 2},
    {"null", 4},
    {"& *a", 4},
    {"- ", 2},
    {"'", 1},
    {"\x1B[2J", 4},
    {"\r\n", 2},
};

static void change(struct buf *input, const struct corpus *corpus)
{
    size_t at = pick(input->len + 1), rest = input->len - at;
    size_t some = rest > 0 ? pick(rest) + 1 : 0;
    char byte = (char)next_random();
    size_t odd = pick(sizeof(oddities) / sizeof(oddities[0]));
    const struct buf *other = &corpus->inputs[pick(corpus->count)];
    size_t from = pick(other->len + 1);
    switch (pick(7)) {
    case 0:
        if (rest > 0)
            input->data[at] = (char)(input->data[at] ^ 1 << pick(8));
        break;
    case 1:
        replace(input, at, rest > 0 ? 1 : 0, &byte, 1);
        break;
    case 2:
        replace(input, at, 0, &byte, 1);
        break;
    case 3:
        replace(input, at, some, "", 0);
        break;
    case 4:
        replace(input, at, 0, input->data + at, some);
        break;
    case 5:
        replace(input, at, pick(2) * some, oddities[odd].bytes, oddities[odd].len);
        break;
    default:
        replace(input, at, rest, other->data + from, other->len - from);
        break;
    }
}

static void run_one(const struct buf *input)
{
    /* Memory of exactly this size lets AddressSanitizer see a read past the end. */
    char *exact = mem_alloc(input->len);
    memcpy(exact, input->data, input->len);
    current = exact;
    current_len = input->len;
    LLVMFuzzerTestOneInput((const uint8_t *)exact, input->len);
    current = NULL;
    free(exact);
}

/* Only what POSIX allows in a signal handler. */
static void save_crash(void)
{
    if (current == NULL)
        return;
    int fd = open(crash_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || write(fd, current, current_len) != (ssize_t)current_len)
        return;
    const char *const words[] = {"input saved to ", crash_path, "\n"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (write(STDERR_FILENO, words[i], strlen(words[i])) < 0)
            return;
}

static void on_signal(int number)
{
    save_crash();
    signal(number, SIG_DFL);
    raise(number);
}

/* There when a sanitizer is linked; it ends the program without a signal. */
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void catch_crashes(void)
{
    static const int fatal[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
        signal(fatal[i], on_signal);
    if (__sanitizer_set_death_callback != NULL)
        __sanitizer_set_death_callback(save_crash);
}

static void add_file(struct corpus *corpus, const char *path)
{
    corpus->inputs = mem_grow(corpus->inputs, corpus->count + 1, sizeof(*corpus->inputs));
    struct buf *input = &corpus->inputs[corpus->count++];
    *input = BUF_INIT;
    testing_read_file(path, input);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* In the order of names: the directory's own order would make runs differ between machines. */
static bool add_path(struct corpus *corpus, const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        perror(path);
        return false;
    }
    if (!S_ISDIR(info.st_mode)) {
        add_file(corpus, path);
        return true;
    }
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, is_visible, alphasort);
    for (int i = 0; i < count; i++) {
        char *file = testing_join(path, entries[i]->d_name);
        add_file(corpus, file);
        free(file);
        free(entries[i]);
    }
    free(entries);
    return count >= 0;
}

static bool read_flag(const char *argument, const char *flag, uint64_t *value)
{
    size_t len = strlen(flag);
    if (strncmp(argument, flag, len) != 0)
        return false;
    char *end = NULL;
    errno = 0;
    *value = strtoull(argument + len, &end, 10);
    if (errno == 0 && end != argument + len && *end == '\0')
        return true;
    fprintf(stderr, "%s: not a number\n", argument);
    exit(2);
}

static void run_all(const struct corpus *corpus)
{
    snprintf(crash_path, sizeof(crash_path), "crash-%" PRIu64 "-corpus", seed);
    for (size_t i = 0; i < corpus->count; i++)
        run_one(&corpus->inputs[i]);
    random_state = seed;
    for (uint64_t run = 1; run <= runs; run++) {
        const struct buf *origin = &corpus->inputs[pick(corpus->count)];
        struct buf input = BUF_INIT;
        buf_add(&input, origin->data, origin->len);
        for (size_t left = 1 + pick(CHANGES_MAX); left > 0; left--)
            change(&input, corpus);
        snprintf(crash_path, sizeof(crash_path), "crash-%" PRIu64 "-%" PRIu64, seed, run);
        run_one(&input);
        buf_fini(&input);
    }
}

int main(int argc, char **argv)
{
    struct corpus corpus = {NULL, 0};
    for (int i = 1; i < argc; i++)
        if (!read_flag(argv[i], "-runs=", &runs) && !read_flag(argv[i], "-seed=", &seed) && !add_path(&corpus, argv[i]))
            return 2;
    if (corpus.count == 0) {
        fprintf(stderr, "usage: %s [-runs=N] [-seed=N] <corpus directory or file>…\n", argv[0]);
        return 2;
    }
    printf("%zu files, then %" PRIu64 " mutations with -seed=%" PRIu64 "\n", corpus.count, runs, seed);
    fflush(stdout);
    catch_crashes();
    run_all(&corpus);
    for (size_t i = 0; i < corpus.count; i++)
        buf_fini(&corpus.inputs[i]);
    free(corpus.inputs);
    return 0;
}
