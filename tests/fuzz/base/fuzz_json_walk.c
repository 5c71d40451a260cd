/*
 * What the tree's reader takes, the walk takes too; what the walk refuses and the tree's reader takes does not exist.
 * Each string decodes to UTF-8 without NUL, and an error has its place.
 */
#include <string.h>

#include "common/base/json.h"
#include "common/base/json_walk.h"
#include "tests/fuzz/fuzz.h"

#define DEPTH 16

static bool walk_all(struct json_walk *walk)
{
    struct json_slice slice;
    char c = json_walk_peek(walk);
    if (c == '"') {
        if (!json_walk_string(walk, &slice))
            return false;
        char *text = json_slice_text(&slice);
        FUZZ_CHECK(json_is_utf8(text, strlen(text)));
        free(text);
        return true;
    }
    if (c != '{' && c != '[')
        return json_walk_skip(walk);
    if (!json_walk_enter(walk, c))
        return false;
    while (c == '{' ? json_walk_key(walk, &slice) : json_walk_item(walk))
        if (!walk_all(walk))
            return false;
    return walk->problem == NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    struct json_object *tree = NULL;
    struct err_info error = {.code = ERR_OK};
    struct json_walk walk, skipped;
    bool parsed = json_parse(bytes, size, (struct json_limits){1 << 20, DEPTH}, &tree, &error) == ERR_OK;
    json_object_put(tree);
    json_walk_init(&walk, bytes, size, DEPTH);
    bool walked = walk_all(&walk) && json_walk_end(&walk);
    json_walk_init(&skipped, bytes, size, DEPTH);
    FUZZ_CHECK((json_walk_skip(&skipped) && json_walk_end(&skipped)) == walked);
    FUZZ_CHECK(walked || !parsed);
    if (!walked) {
        FUZZ_CHECK(json_walk_fail(&walk, &error) == ERR_USAGE);
        FUZZ_CHECK(error.line >= 1 && error.column >= 1 && error.text[0] != '\0');
    }
    return 0;
}
