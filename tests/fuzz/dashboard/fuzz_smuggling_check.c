/* Lines "name: value" as headers: what passes has one Host, at most one length, and not two ways to find the body's
 * end. */
#include <string.h>

#include "dashboard/request_headers.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct smuggling_check check = {.wrong = NULL};
    struct err_info error = {.code = ERR_OK};
    static char line[4096];
    for (size_t at = 0; at < size;) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        size_t len = end == NULL ? size - at : (size_t)(end - data) - at,
               kept = len < sizeof line - 2 ? len : sizeof line - 2;
        memcpy(line, data + at, kept);
        line[kept] = '\0';
        char *colon = memchr(line, ':', kept);
        size_t name = colon == NULL ? kept : (size_t)(colon - line);
        const char *value = colon == NULL ? NULL : colon + 1;
        line[name] = '\0';
        smuggling_check_header(&check, line, name, value, value == NULL ? 0 : kept - name - 1);
        at += len + 1;
    }
    enum err err = smuggling_check_end(&check, "HTTP/1.1", &error);
    FUZZ_CHECK(err == ERR_OK || (err == ERR_USAGE && error.text[0]));
    if (err == ERR_OK)
        FUZZ_CHECK(check.hosts == 1 && check.lengths + check.encodings <= 1 &&
                   check.count <= SMUGGLING_CHECK_HEADERS_MAX && check.length >= 0);
    return 0;
}
