/* Argument vectors and replies of Redis, without a server. */
#include <stdint.h>
#include <string.h>

#include "common/store/redis.h"
#include "tests/testing/testing.h"

static void expect(struct redis_args *args, int index, const char *bytes, size_t len)
{
    assert_true(index < redis_args_count(args));
    assert_int_equal(redis_args_lengths(args)[index], len);
    assert_memory_equal(redis_args_values(args)[index], bytes, len);
}

static void arguments_keep_their_bytes(void **state)
{
    (void)state;
    struct redis_args *args = redis_args_new();
    assert_int_equal(redis_args_count(args), 0);
    redis_arg(args, "SET");
    redis_arg_len(args, "a\0b", 3);
    redis_arg_len(args, NULL, 0);
    redis_arg_int(args, INT64_MIN);
    redis_argf(args, "%s:%d", "key", 7);
    redis_arg(args, "");
    assert_int_equal(redis_args_count(args), 6);
    expect(args, 0, "SET", 3);
    expect(args, 1, "a\0b", 3);
    expect(args, 2, "", 0);
    expect(args, 3, "-9223372036854775808", 20);
    expect(args, 4, "key:7", 5);
    expect(args, 5, "", 0);

    redis_args_reset(args);
    assert_int_equal(redis_args_count(args), 0);
    for (int i = 0; i < 1000; i++)
        redis_arg_int(args, i);
    expect(args, 0, "0", 1);
    expect(args, 999, "999", 3);
    redis_args_drop(args);
    redis_args_drop(NULL);
}

static void a_script_has_the_sha_that_redis_gives_it(void **state)
{
    static const struct lua ONE = {"one", 0, "return 1"}, EMPTY = {"empty", 0, ""};
    (void)state;
    const char *sha = redis_script_sha(&ONE);
    assert_string_equal(sha, "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
    assert_string_equal(redis_script_sha(&EMPTY), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    assert_ptr_equal(redis_script_sha(&ONE), sha);
}

static void readers_of_replies_take_any_shape(void **state)
{
    (void)state;
    char text[] = "42", word[] = "x42";
    redisReply number = {.type = REDIS_REPLY_INTEGER, .integer = -5};
    redisReply string = {.type = REDIS_REPLY_STRING, .str = text, .len = 2};
    redisReply odd = {.type = REDIS_REPLY_STATUS, .str = word, .len = 3};
    redisReply nil = {.type = REDIS_REPLY_NIL};
    redisReply *items[] = {&number, &string};
    redisReply array = {.type = REDIS_REPLY_ARRAY, .elements = 2, .element = items};
    assert_int_equal(redis_int(&number), -5);
    assert_int_equal(redis_int(&string), 42);
    assert_int_equal(redis_int(&odd), 0);
    assert_int_equal(redis_int(&nil), 0);
    assert_int_equal(redis_int(&array), 0);
    assert_int_equal(redis_int(NULL), 0);
    assert_string_equal(redis_text(&string), "42");
    assert_string_equal(redis_text(&odd), "x42");
    assert_string_equal(redis_text(&number), "");
    assert_string_equal(redis_text(NULL), "");
    assert_int_equal(redis_count(&array), 2);
    assert_int_equal(redis_count(&string), 0);
    assert_int_equal(redis_count(NULL), 0);
    assert_ptr_equal(redis_item(&array, 1), &string);
    assert_null(redis_item(&array, 2));
    assert_null(redis_item(NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_keep_their_bytes),
        cmocka_unit_test(a_script_has_the_sha_that_redis_gives_it),
        cmocka_unit_test(readers_of_replies_take_any_shape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
