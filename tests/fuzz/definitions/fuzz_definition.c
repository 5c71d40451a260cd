/*
 * A definition, and after a NUL byte the JSON of arguments for it. What is taken reads back from its canonical form
 * with the same digest; arguments that are complete are complete the second time, and stay as they are.
 */
#include <string.h>

#include "common/base/json.h"
#include "common/definitions/definition.h"
#include "tests/fuzz/fuzz.h"

static void check_round_trip(const struct definition *definition)
{
    struct definition *back = NULL;
    struct err_info error;
    struct buf stored = BUF_INIT;
    char one[SHA256_HEX + 1], two[SHA256_HEX + 1];

    definition_canonical(definition, &stored);
    FUZZ_CHECK(!definition_from_canonical(stored.data, stored.len, NULL, &back, &error));
    definition_digest(definition, one);
    definition_digest(back, two);
    FUZZ_CHECK(!strcmp(one, two));
    FUZZ_CHECK(definition->phase_count >= 1 && definition_is_id(definition->id));
    FUZZ_CHECK(back->arg_count == definition->arg_count && back->phase_count == definition->phase_count);
    definition_drop(back);
    buf_fini(&stored);
}

static void check_args(const struct definition *definition, struct json_object *given)
{
    struct json_object *complete, *again;
    struct err_info error = {.code = ERR_OK};

    if (definition_check_args(definition, given, &complete, &error)) {
        FUZZ_CHECK(!complete && error.code == ERR_USAGE && error.text[0]);
        return;
    }
    FUZZ_CHECK(!definition_check_args(definition, complete, &again, &error));
    FUZZ_CHECK(json_object_equal(complete, again));
    json_object_put(complete);
    json_object_put(again);
}

static void check_words(const struct definition *definition, const char *bytes, size_t len)
{
    struct json_object *args;
    struct err_info error;
    char *word = strndup(bytes, len);

    if (!definition_args_from_words(definition, &word, 1, &args, &error))
        check_args(definition, args);
    json_object_put(args);
    free(word);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    const char *end = size ? memchr(text, '\0', size) : NULL;
    size_t len = end ? (size_t)(end - text) : size;
    struct definition *definition;
    struct json_object *given;
    struct err_info error = {.code = ERR_OK};

    if (definition_parse(text, len, NULL, &definition, &error)) {
        FUZZ_CHECK(!definition && error.code == ERR_USAGE && error.text[0]);
        return 0;
    }
    check_round_trip(definition);
    check_args(definition, NULL);
    if (end) {
        check_words(definition, end + 1, size - len - 1);
        if (!json_parse(end + 1, size - len - 1, JSON_LIMITS_REQUEST, &given, &error)) {
            check_args(definition, given);
            json_object_put(given);
        }
    }
    definition_drop(definition);
    return 0;
}
