#include "tests/testing/python_check.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tests/testing/testing.h"

uint64_t python_check_seed(void)
{
    const char *given = getenv("REPRISE_TEST_SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    printf("REPRISE_TEST_SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

struct python_check python_check_begin(void)
{
    struct python_check check = {NULL, "/tmp/reprise-python-check-XXXXXX"};
    int fd = mkstemp(check.path);
    assert_true(fd >= 0);
    check.lines = fdopen(fd, "w");
    assert_non_null(check.lines);
    return check;
}

void python_check_add(FILE *lines, const char *kind, const char *bytes, size_t len)
{
    fprintf(lines, "%s x", kind);
    for (size_t i = 0; i < len; i++)
        fprintf(lines, "%02x", (unsigned char)bytes[i]);
}

void python_check_end(struct python_check *check, const char *script)
{
    assert_int_equal(fclose(check->lines), 0);
    char *path = testing_source_path(script);
    struct buf command = BUF_INIT;
    buf_addf(&command, "python3 '%s' '%s'", path, check->path);
    int status = system(command.data);
    unlink(check->path);
    buf_fini(&command);
    free(path);
    assert_int_equal(status, 0);
}
