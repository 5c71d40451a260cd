/* Decimal text as money: within its range, near what strtod makes of it, and the same again when written and read. */
#include <math.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/money.h"
#include "tests/fuzz/fuzz.h"

#define UNTOUCHED 77

static void check_read(const char *text, int64_t nusd)
{
    struct buf written = BUF_INIT;
    int64_t again = UNTOUCHED;
    double dollars = strtod(text, NULL), read = (double)nusd / (double)MONEY_NUSD_PER_USD;
    FUZZ_CHECK(nusd <= MONEY_MAX_NUSD && nusd >= -MONEY_MAX_NUSD);
    FUZZ_CHECK(fabs(dollars - read) <= 6e-10 + fabs(dollars) * 1e-15);
    money_add_decimal(&written, nusd);
    FUZZ_CHECK(money_parse(written.data, written.len, &again) && again == nusd);
    buf_fini(&written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = mem_strndup((const char *)data, size);
    int64_t nusd = UNTOUCHED;
    if (money_parse((const char *)data, size, &nusd)) {
        FUZZ_CHECK(strlen(text) == size && text[strspn(text, "0123456789.eE+-")] == '\0');
        check_read(text, nusd);
    } else {
        FUZZ_CHECK(nusd == UNTOUCHED);
    }
    free(text);
    return 0;
}
