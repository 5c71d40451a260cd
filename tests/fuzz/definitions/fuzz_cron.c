/*
 * A cron text, and after a NUL byte eight bytes of a time. What is taken has a tick before and after any time; the two
 * searches agree with one another, and nothing lies between neighbouring ticks.
 */
#include <string.h>

#include "common/definitions/cron.h"
#include "tests/fuzz/fuzz.h"

#define FAR INT64_C(200000000000) /* some 6 000 years */

static void check_around(const struct cron *cron, int64_t at_s)
{
    int64_t next = cron_next(cron, at_s), previous = cron_previous(cron, at_s);
    FUZZ_CHECK(next != CRON_NEVER && next > at_s && next % 60 == 0);
    FUZZ_CHECK(previous != CRON_NEVER && previous <= at_s && previous % 60 == 0);
    FUZZ_CHECK(cron_next(cron, previous) == next);
    FUZZ_CHECK(cron_previous(cron, next) == next);
    FUZZ_CHECK(cron_previous(cron, next - 1) == previous);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size ? memchr(data, '\0', size) : NULL;
    size_t len = end ? (size_t)(end - data) : size;
    struct cron cron;
    struct err_info error = {.code = ERR_OK};
    int64_t at_s = 1800000000;
    char *text = strndup((const char *)data, len);

    if (end && size - len > sizeof at_s)
        memcpy(&at_s, end + 1, sizeof at_s);
    if (cron_parse(text, &cron, &error))
        FUZZ_CHECK(error.code == ERR_USAGE && error.text[0]);
    else
        check_around(&cron, at_s % FAR);
    free(text);
    return 0;
}
