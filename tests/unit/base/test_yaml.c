/* The reader of YAML: what it gives, where it says that errors are, and what it refuses though libyaml would take it.
 */
#include "common/base/yaml.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/json.h"
#include "tests/testing/testing.h"

static struct yaml_node *parse(const char *text)
{
    struct err_info error = {.code = ERR_OK};
    struct yaml_node *root;

    if (yaml_parse(text, strlen(text), &root, &error))
        fail_msg("%s: %s", text, error.text);
    assert_non_null(root);
    return root;
}

static void assert_json(const char *text, const char *expected)
{
    struct buf json = BUF_INIT;
    struct yaml_node *root = parse(text);
    struct json_object *value = yaml_to_json(root);

    json_add_canonical(&json, value);
    assert_string_equal(json.data, expected);
    json_object_put(value);
    yaml_drop(root);
    buf_fini(&json);
}

static void assert_refused_bytes(const char *bytes, size_t len, int line, int column, const char *part)
{
    struct err_info error = {.code = ERR_OK};
    struct yaml_node *root = (struct yaml_node *)&error;

    assert_int_equal(yaml_parse(bytes, len, &root, &error), ERR_USAGE);
    assert_null(root);
    assert_int_equal(error.code, ERR_USAGE);
    if (error.line != line || error.column != column || !strstr(error.text, part))
        fail_msg("expected \"%s\" at %d:%d, got %d:%d %s", part, line, column, error.line, error.column, error.text);
}

static void assert_refused(const char *text, int line, int column, const char *part)
{
    assert_refused_bytes(text, strlen(text), line, column, part);
}

static void every_node_knows_its_place(void **state)
{
    (void)state;
    struct yaml_node *root = parse("# a comment\nname: noop\nphases:\n  - id: first\n    job: noop\n");
    const struct yaml_node *phases = yaml_get(root, "phases");

    assert_int_equal(root->line, 2);
    assert_int_equal(yaml_get(root, "name")->line, 2);
    assert_int_equal(yaml_get(root, "name")->column, 7);
    assert_int_equal(phases->kind, YAML_SEQUENCE);
    const struct yaml_node *job = yaml_get(phases->items[0], "job");
    assert_int_equal(job->line, 5);
    assert_int_equal(job->column, 10);
    assert_null(yaml_get(root, "absent"));
    assert_null(yaml_get(job, "of a scalar"));
    yaml_drop(root);
}

static void plain_scalars_are_typed_by_the_core_schema(void **state)
{
    (void)state;
    assert_json("[~, null, Null, NULL]", "[null,null,null,null]");
    assert_json("[true, True, FALSE, yes, on]", "[true,true,false,\"yes\",\"on\"]");
    assert_json("[0, -7, +5, 007, 0x1F, 0o17]", "[0,-7,5,7,31,15]");
    assert_json("[0x, 0o8, -0x1, '-', 1_000, 12e, 1.2.3]",
                "[\"0x\",\"0o8\",\"-0x1\",\"-\",\"1_000\",\"12e\",\"1.2.3\"]");
    assert_json("[0.5, -.5, 2., 1e3, 1E-2]", "[0.5,-0.5,2.0,1e+03,0.01]");
    assert_json("[., .e1, .inf, .nan, 1e999]", "[\".\",\".e1\",\".inf\",\".nan\",\"1e999\"]");
}

static void numbers_beyond_64_bits_stay_text(void **state)
{
    (void)state;
    assert_json("[9223372036854775807, -9223372036854775808]", "[9223372036854775807,-9223372036854775808]");
    assert_json("[9223372036854775808]", "[\"9223372036854775808\"]");
}

static void what_is_quoted_is_text(void **state)
{
    (void)state;
    assert_json("a: '5'\nb: \"true\"\nc: \"\"\nd: 'it''s'\ne: |\n  5\n",
                "{\"a\":\"5\",\"b\":\"true\",\"c\":\"\",\"d\":\"it's\",\"e\":\"5\\n\"}");
}

static void json_is_yaml(void **state)
{
    (void)state;
    assert_json("{\"a\": [1, 2.5, null, true, \"x\\ny\\u00e9\\/\"], \"b\":{}}",
                "{\"a\":[1,2.5,null,true,\"x\\nyé/\"],\"b\":{}}");
    assert_json("{\n\t\"a\": 1,\n\t\"b\":2\n}\n", "{\"a\":1,\"b\":2}");
}

static void nothing_is_null(void **state)
{
    (void)state;
    const char *const empty[] = {"", "  \n", "# only a comment\n", "---\n", "---\n...\n"};

    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
        struct yaml_node *root = parse(empty[i]);
        assert_true(yaml_is_null(root));
        assert_int_equal(root->line > 0, 1);
        yaml_drop(root);
    }
    struct err_info error;
    struct yaml_node *root;
    assert_int_equal(yaml_parse(NULL, 0, &root, &error), ERR_OK);
    yaml_drop(root);
}

static void a_byte_order_mark_is_passed_over(void **state)
{
    (void)state;
    assert_json("\xEF\xBB\xBF"
                "a: 1\n",
                "{\"a\":1}");
}

static void bombs_and_surprises_are_refused(void **state)
{
    (void)state;
    assert_refused("a: &x 1\nb: *x\n", 1, 4, "anchors");
    assert_refused("a: 1\nb: *x\n", 2, 4, "aliases");
    assert_refused("a: !!str 5\n", 1, 4, "tags");
    assert_refused("a: ! 5\n", 1, 4, "tags");
    assert_refused("- !x [1]\n", 1, 3, "tags");
    assert_refused("a: 1\nb: 2\n'a': 3\n", 3, 1, "\"a\" stands here a second time (first on line 1)");
    assert_refused("{a: 1, a: 2}", 1, 8, "second time");
    assert_refused("? [1]\n: 2\n", 1, 3, "key must be plain text");
    assert_refused("a: 1\n---\nb: 2\n", 2, 1, "one document");
    assert_refused("a: \"x\\0y\"\n", 1, 4, "NUL");
}

static void broken_text_is_refused_with_its_place(void **state)
{
    (void)state;
    assert_refused("a: [1, 2\nb: 3\n", 2, 2, "expected ',' or ']'");
    assert_refused("a: 1\n\tb: 2\n", 2, 1, "tab character");
    assert_refused("a: 1\nb: \"\xff\"\n", 2, 1, "not UTF-8");
    assert_refused("a: é\x01\n", 1, 5, "control characters");
    assert_refused_bytes("a: x\0y\n", 7, 1, 5, "control characters");
    assert_refused("a: \"\\ud800\"", 1, 7, "Unicode");
}

static void depth_size_and_number_of_nodes_are_bounded(void **state)
{
    (void)state;
    char nested[2 * YAML_MAX_DEPTH + 3];
    memset(nested, '[', YAML_MAX_DEPTH);
    memset(nested + YAML_MAX_DEPTH, ']', YAML_MAX_DEPTH);
    nested[2 * YAML_MAX_DEPTH] = '\0';
    yaml_drop(parse(nested));
    memset(nested, '[', YAML_MAX_DEPTH + 1);
    assert_refused(nested, 1, YAML_MAX_DEPTH + 1, "nested too deeply");

    struct buf many = BUF_INIT;
    buf_add_char(&many, '[');
    for (int i = 0; i < YAML_MAX_NODES - 1; i++)
        buf_add_str(&many, "1,\n");
    buf_add_str(&many, "]");
    yaml_drop(parse(many.data));
    many.data[many.len - 1] = '1';
    assert_refused(many.data, YAML_MAX_NODES, 1, "too many values");
    buf_fini(&many);

    char *large = calloc(1, YAML_MAX_BYTES + 1);
    memset(large, ' ', YAML_MAX_BYTES + 1);
    assert_refused_bytes(large, YAML_MAX_BYTES + 1, 0, 0, "too many");
    free(large);
}

static void json_becomes_a_tree_and_comes_back(void **state)
{
    (void)state;
    static const char text[] = "{\"a\":[1,-2.5,null,true,\"5\",\"\"],\"b\":{\"c\":{}},\"d\":[]}";
    struct err_info error;
    struct json_object *value;
    struct buf json = BUF_INIT;

    assert_int_equal(json_parse(text, strlen(text), JSON_LIMITS_REQUEST, &value, &error), ERR_OK);
    struct yaml_node *root = yaml_from_json(value);
    json_object_put(value);
    value = yaml_to_json(root);
    json_add_canonical(&json, value);
    assert_string_equal(json.data, text);
    assert_int_equal(yaml_error(yaml_get(root, "a"), &error, "wrong"), ERR_USAGE);
    assert_string_equal(error.text, "wrong"); /* there is no place to name */
    json_object_put(value);
    yaml_drop(root);
    buf_fini(&json);
}

/* With which programs on Windows begin a file. */
static void test_a_byte_order_mark_is_read_over(void **state)
{
    (void)state;
    static const char text[] = "\xef\xbb\xbf"
                               "a: 1\r\nb: x\r\n";
    struct yaml_node *root = NULL;
    struct err_info error = {.code = ERR_OK};
    assert_int_equal(yaml_parse(text, sizeof text - 1, &root, &error), ERR_OK);
    assert_string_equal(yaml_get(root, "a")->scalar, "1");
    assert_string_equal(yaml_get(root, "b")->scalar, "x");
    yaml_drop(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_byte_order_mark_is_read_over),
        cmocka_unit_test(every_node_knows_its_place),
        cmocka_unit_test(plain_scalars_are_typed_by_the_core_schema),
        cmocka_unit_test(numbers_beyond_64_bits_stay_text),
        cmocka_unit_test(what_is_quoted_is_text),
        cmocka_unit_test(json_is_yaml),
        cmocka_unit_test(nothing_is_null),
        cmocka_unit_test(a_byte_order_mark_is_passed_over),
        cmocka_unit_test(bombs_and_surprises_are_refused),
        cmocka_unit_test(broken_text_is_refused_with_its_place),
        cmocka_unit_test(depth_size_and_number_of_nodes_are_bounded),
        cmocka_unit_test(json_becomes_a_tree_and_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
