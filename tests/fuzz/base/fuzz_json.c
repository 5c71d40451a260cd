/*
 * What is read must be JSON in canonical form when written, be read again as the same bytes, and be JSON to json-c's
 * strict tokener too. What is refused must come with an error text that is safe to print.
 */
#include <json-c/json_tokener.h>
#include <string.h>

#include "common/base/json.h"
#include "tests/fuzz/fuzz.h"

static void check_refused(const struct err_info *error)
{
    FUZZ_CHECK(error->code == ERR_USAGE && error->text[0] != '\0');
    FUZZ_CHECK(error->line >= 1 && error->column >= 1);
    for (const char *c = error->text; *c != '\0'; c++)
        FUZZ_CHECK((uint8_t)*c >= 0x20 && *c != 0x7F);
    FUZZ_CHECK(json_is_utf8(error->text, strlen(error->text)));
}

static void check_tokener_agrees(const char *bytes, size_t size, int depth)
{
    struct json_tokener *tokener = json_tokener_new_ex(depth);
    FUZZ_CHECK(tokener != NULL);
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    struct json_object *value = json_tokener_parse_ex(tokener, bytes, (int)size);
    /* A number at the very end leaves the tokener waiting for more digits. */
    enum json_tokener_error result = json_tokener_get_error(tokener);
    FUZZ_CHECK(result == json_tokener_success || result == json_tokener_continue);
    json_object_put(value);
    json_tokener_free(tokener);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_limits limits = JSON_LIMITS_REQUEST;
    if (size > limits.max_bytes)
        return 0;
    struct json_object *value = NULL, *again = NULL;
    struct err_info error = {0};
    if (json_parse((const char *)data, size, limits, &value, &error) != ERR_OK) {
        FUZZ_CHECK(value == NULL);
        check_refused(&error);
        return 0;
    }
    check_tokener_agrees((const char *)data, size, limits.max_depth + 2);
    struct buf first = {0}, second = {0};
    json_add_canonical(&first, value);
    /* Escapes can make it longer than the input was. */
    limits.max_bytes = first.len;
    FUZZ_CHECK(json_parse(first.data, first.len, limits, &again, &error) == ERR_OK);
    json_add_canonical(&second, again);
    FUZZ_CHECK(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
    buf_fini(&first);
    buf_fini(&second);
    json_object_put(value);
    json_object_put(again);
    return 0;
}
