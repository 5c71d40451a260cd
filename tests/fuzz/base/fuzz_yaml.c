/* Any bytes: a tree or an error with a place inside them; and a tree survives the way to JSON and back. */
#include <string.h>

#include "common/base/json.h"
#include "common/base/yaml.h"
#include "tests/fuzz/fuzz.h"

static void add_json(struct buf *out, const struct yaml_node *node)
{
    struct json_object *value = yaml_to_json(node);

    json_add_canonical(out, value);
    json_object_put(value);
}

static void check_tree(const struct yaml_node *root)
{
    struct buf one = BUF_INIT, two = BUF_INIT;
    struct json_object *value = yaml_to_json(root);
    struct yaml_node *back = yaml_from_json(value);

    add_json(&one, root);
    add_json(&two, back);
    FUZZ_CHECK(one.len == two.len && !memcmp(one.data, two.data, one.len));
    yaml_drop(back);
    json_object_put(value);
    buf_fini(&one);
    buf_fini(&two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct yaml_node *root;
    struct err_info error = {.code = ERR_OK};

    if (!yaml_parse((const char *)data, size, &root, &error)) {
        check_tree(root);
        yaml_drop(root);
        return 0;
    }
    FUZZ_CHECK(!root && error.code == ERR_USAGE && error.text[0]);
    FUZZ_CHECK(size > YAML_MAX_BYTES || (error.line >= 1 && error.column >= 1));
    FUZZ_CHECK((size_t)error.line <= size + 1);
    return 0;
}
