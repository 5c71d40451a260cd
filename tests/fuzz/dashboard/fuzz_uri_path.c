/* A method and a path, separated by a space: finding the route touches nothing but them, and its values are decoded. */
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/mem.h"
#include "dashboard/route.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = mem_strndup((const char *)data, size);
    char *path = strchr(text, ' ');
    struct route_match match;
    struct err_info error = {.code = ERR_OK};
    if (path != NULL) {
        *path++ = '\0';
        enum err err = route_find(text, path, strlen(path), &match, &error);
        FUZZ_CHECK(err == error.code && (err == ERR_OK) == (error.text[0] == 0));
        FUZZ_CHECK(err != ERR_CONFLICT || match.allowed[0] != '\0');
        for (size_t i = 0; i < match.params.count; i++)
            FUZZ_CHECK(json_is_utf8(match.params.values[i], strlen(match.params.values[i])));
        route_params_fini(&match.params);
    }
    free(text);
    return 0;
}
