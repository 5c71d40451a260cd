/* Lengths of time and sizes: within their bounds when read, the result left alone when refused. */
#include <string.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "tests/fuzz/fuzz.h"

#define YEAR_MS (INT64_C(366) * 86400000)
#define UNTOUCHED (-7)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = mem_strndup((const char *)data, size);
    struct err_info error = {0};
    int64_t ms = UNTOUCHED, bytes = UNTOUCHED;
    if (duration_parse(text, &ms, &error) == ERR_OK)
        FUZZ_CHECK(ms >= 0 && ms <= YEAR_MS && text[strspn(text, "0123456789smhd")] == '\0');
    else
        FUZZ_CHECK(ms == UNTOUCHED && error.code == ERR_USAGE);
    if (size_parse(text, &bytes, &error) == ERR_OK)
        FUZZ_CHECK(bytes >= 0 && text[strspn(text, "0123456789BKMGi")] == '\0');
    else
        FUZZ_CHECK(bytes == UNTOUCHED && error.code == ERR_USAGE);
    free(text);
    return 0;
}
