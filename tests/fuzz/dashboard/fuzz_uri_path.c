/* A method and a path, separated by a space: finding the route touches nothing but them, and its values are decoded. */
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/mem.h"
#include "dashboard/route.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = mem_strndup((const char *)data, size), allowed[ROUTE_ALLOWED_MAX];
    char *path = strchr(text, ' ');
    const struct route *route = NULL;
    struct route_params params = {0};
    struct err_info error = {.code = ERR_OK};
    if (path != NULL) {
        *path++ = '\0';
        enum err err = route_find(text, path, strlen(path), &route, &params, allowed, &error);
        FUZZ_CHECK(err == error.code && (err == ERR_OK) == (error.text[0] == 0));
        FUZZ_CHECK(err != ERR_CONFLICT || allowed[0] != '\0');
        for (size_t i = 0; i < params.count; i++)
            FUZZ_CHECK(json_is_utf8(params.values[i], strlen(params.values[i])));
        route_params_fini(&params);
    }
    free(text);
    return 0;
}
