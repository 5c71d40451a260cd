/* A query: what is taken is UTF-8 without control characters, and no name stands twice. */
#include <string.h>

#include "common/base/json.h"
#include "dashboard/uri.h"
#include "tests/fuzz/fuzz.h"

static void check_text(const char *text)
{
    FUZZ_CHECK(json_is_utf8(text, strlen(text)));
    for (; *text; text++)
        FUZZ_CHECK((unsigned char)*text >= 0x20 && *text != 0x7F);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct uri_query query;
    struct err_info error = {.code = ERR_OK};
    if (uri_query_parse((const char *)data, size, &query, &error) != ERR_OK) {
        FUZZ_CHECK(error.code == ERR_USAGE && error.text[0] && query.count == 0);
        return 0;
    }
    FUZZ_CHECK(query.count <= URI_QUERY_MAX);
    for (size_t i = 0; i < query.count; i++) {
        check_text(query.pairs[i].name);
        check_text(query.pairs[i].value);
        for (size_t j = 0; j < i; j++)
            FUZZ_CHECK(strcmp(query.pairs[i].name, query.pairs[j].name) != 0);
    }
    uri_query_fini(&query);
    return 0;
}
