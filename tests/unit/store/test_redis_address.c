/* Where Redis is, read from a URL. */
#include <string.h>

#include "common/store/redis.h"
#include "tests/testing/testing.h"

static struct redis_address parsed(const char *url)
{
    struct redis_address address;
    struct err_info error = {.code = ERR_OK};
    enum err outcome = redis_address_parse(url, &address, &error);
    if (outcome)
        fail_msg("%s: %s", url, error.text);
    return address;
}

static void a_unix_socket_is_read(void **state)
{
    (void)state;
    struct redis_address address = parsed("unix:///run/redis.sock");
    assert_string_equal(address.unix_path, "/run/redis.sock");
    assert_null(address.host);
    assert_null(address.password);
    assert_int_equal(address.database, 0);
    redis_address_fini(&address);

    address = parsed("unix://:pw@/tmp/a%20b c/%25.sock?db=12");
    assert_string_equal(address.unix_path, "/tmp/a b c/%.sock");
    assert_string_equal(address.password, "pw");
    assert_int_equal(address.database, 12);
    redis_address_fini(&address);
}

static void a_host_is_read(void **state)
{
    (void)state;
    struct redis_address address = parsed("redis://cache.example");
    assert_string_equal(address.host, "cache.example");
    assert_int_equal(address.port, 6379);
    assert_false(address.tls);
    assert_null(address.user);
    assert_null(address.unix_path);
    redis_address_fini(&address);

    address = parsed("redis://127.0.0.1:7000/3");
    assert_string_equal(address.host, "127.0.0.1");
    assert_int_equal(address.port, 7000);
    assert_int_equal(address.database, 3);
    redis_address_fini(&address);

    address = parsed("redis://[::1]:65535/");
    assert_string_equal(address.host, "::1");
    assert_int_equal(address.port, 65535);
    redis_address_fini(&address);
}

static void a_login_is_read(void **state)
{
    (void)state;
    struct redis_address address = parsed("redis://me:p%40%2f%3A@h");
    assert_string_equal(address.user, "me");
    assert_string_equal(address.password, "p@/:");
    redis_address_fini(&address);

    address = parsed("redis://:a@b:c@h:1"); /* bare, but plain all the same */
    assert_null(address.user);
    assert_string_equal(address.password, "a@b:c");
    assert_string_equal(address.host, "h");
    redis_address_fini(&address);
}

static void what_cannot_be_meant_is_refused_without_showing_it(void **state)
{
    static const char *const URLS[] = {
        "",
        "hunter2",
        "http://hunter2",
        "redis:hunter2",
        "redis://",
        "redis://:6379",
        "redis://:hunter2@",
        "redis://hunter2@h",
        "redis://hunter2:@h",
        "redis://me:hunter2/x@h",
        "redis://h:hunter2",
        "redis://h:0",
        "redis://h:65536",
        "redis://h:99999999999999999999",
        "redis://h:",
        "redis://h/hunter2",
        "redis://h/1/2",
        "redis://h/-1",
        "redis://h/4294967296",
        "redis://h?db=1",
        "redis://h/1?hunter2",
        "redis://h#1",
        "redis://[::1",
        "redis://[]",
        "redis://[::1]hunter2",
        "redis://:hunter2%zz@h",
        "redis://:hunter2%@h",
        "redis://:hunter2%4@h",
        "redis://:hunter2%00@h",
        "redis://a b",
        "redis://a%20b",
        "unix://",
        "unix://hunter2",
        "unix://hunter2/x",
        "unix:///x?db=",
        "unix:///x?db=hunter2",
        "unix:///x?hunter2",
        "unix:///x?db=1&hunter2",
        "unix:///x#hunter2",
        "unix:///x%0",
        "unix:///x%00y",
    };
    (void)state;
    for (size_t i = 0; i < sizeof URLS / sizeof *URLS; i++) {
        struct redis_address address;
        struct err_info error = {.code = ERR_OK};
        if (redis_address_parse(URLS[i], &address, &error) != ERR_USAGE)
            fail_msg("\"%s\" is taken", URLS[i]);
        assert_null(strstr(error.text, "hunter2"));
        assert_memory_equal(error.text, "redis.url: ", 11);
        assert_null(address.host);
        assert_null(address.unix_path);
        assert_null(address.password);
    }
}

static void the_path_of_a_socket_has_a_limit(void **state)
{
    (void)state;
    struct err_info error;
    struct redis_address address;
    char url[128] = "unix:///";
    memset(url + 8, 'x', 106);
    address = parsed(url); /* '/' and 106 */
    assert_int_equal(strlen(address.unix_path), 107);
    redis_address_fini(&address);
    url[8 + 106] = 'x';
    assert_int_equal(redis_address_parse(url, &address, &error), ERR_USAGE);
}

static void tls_is_known_or_says_that_it_is_not_built_in(void **state)
{
    (void)state;
    struct redis_address address;
    struct err_info error;
    if (redis_address_parse("rediss://h:1/2", &address, &error) == ERR_OK) {
        assert_true(address.tls);
        assert_string_equal(address.host, "h");
        assert_int_equal(address.database, 2);
        redis_address_fini(&address);
    } else {
        assert_int_equal(error.code, ERR_USAGE);
        assert_non_null(strstr(error.text, "TLS"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_unix_socket_is_read),
        cmocka_unit_test(a_host_is_read),
        cmocka_unit_test(a_login_is_read),
        cmocka_unit_test(what_cannot_be_meant_is_refused_without_showing_it),
        cmocka_unit_test(the_path_of_a_socket_has_a_limit),
        cmocka_unit_test(tls_is_known_or_says_that_it_is_not_built_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
