/* What receivers and registrations may say: Retry-After and base URLs. */
#include <string.h>

#include "common/base/mem.h"
#include "common/store/http.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err_info error;
    char *text = mem_strndup((const char *)data, size);
    int64_t wait_ms = http_retry_after_ms(text, INT64_C(1704700000));
    FUZZ_CHECK(wait_ms >= 0 && wait_ms <= INT64_C(86400000));
    enum err code = http_check_base_url(text, NULL, &error);
    FUZZ_CHECK(code == ERR_OK || code == ERR_USAGE);
    FUZZ_CHECK(code != ERR_OK || strpbrk(text, "?# \r\n") == NULL);
    free(text);
    return 0;
}
