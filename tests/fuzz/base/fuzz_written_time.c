/* Any text as a point in time: refused, or within its ranges. */
#include "common/base/clock.h"
#include "common/base/mem.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = mem_strndup((const char *)data, size);
    struct written_time time;
    if (written_time_parse(text, &time)) {
        FUZZ_CHECK(time.hour >= 0 && time.hour <= 23 && time.weekday >= 0 && time.weekday <= 6);
        /* 1970 to 9999, a day more or less for the zone. */
        FUZZ_CHECK(time.unix_us >= -INT64_C(86400000000) && time.unix_us <= INT64_C(253402387200000000));
        FUZZ_CHECK(time.has_time || time.unix_us % INT64_C(86400000000) == 0);
    }
    free(text);
    return 0;
}
