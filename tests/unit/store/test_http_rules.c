/* Base URLs at registration, and Retry-After. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/store/http.h"

#define NOW INT64_C(1704700000) /* Mon, 08 Jan 2024 07:46:40 GMT */
#define DAY_MS INT64_C(86400000)

static void test_good_base_urls_are_taken(void **state)
{
    static const char *const urls[] = {"http://example.org",
                                       "https://example.org/",
                                       "https://example.org:8443/hooks/x",
                                       "HTTPS://Example.ORG/a%20b",
                                       "http://8.8.8.8:80/",
                                       "http://[2606:4700::1111]/x",
                                       "https://xn--bcher-kva.example",
                                       "https://notlocalhost/x"};
    struct err_info error = {.code = ERR_OK};
    (void)state;
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        if (http_check_base_url(urls[i], NULL, &error) != ERR_OK)
            fail_msg("%s: %s", urls[i], error.text);
    }
}

/* Of names only the machine's own can be relied on here. */
static void test_a_name_that_leads_to_a_private_address_is_refused(void **state)
{
    struct address_list *loopback = NULL;
    struct err_info error;
    (void)state;
    assert_int_equal(http_check_base_host("https://localhost:8443/hooks", NULL, &error), ERR_USAGE);
    assert_non_null(strstr(error.text, "deliver.allow_private"));
    assert_int_equal(http_check_base_host("https://no-such-host.invalid/hooks", NULL, &error), ERR_OK);
    assert_int_equal(address_list_parse("127.0.0.0/8,::1", &loopback, &error), ERR_OK);
    assert_int_equal(http_check_base_host("https://localhost:8443/hooks", loopback, &error), ERR_OK);
    address_list_drop(loopback);
}

static void test_bad_base_urls_are_refused(void **state)
{
    static const struct {
        const char *url, *says;
    } cases[] = {
        {"", "empty"},
        {"example.org", "http://"},
        {"ftp://example.org", "http://"},
        {"file:///etc/passwd", "http://"},
        {"javascript:alert(1)", "http://"},
        {"http://", "malformed"},
        {"http:///path", "malformed"},
        {"http://user@example.org/", "user name"},
        {"http://user:password@example.org/", "user name"},
        {"http://example.org/?a=b", "query"},
        {"http://example.org/?", "query"},
        {"http://example.org/#x", "fragment"},
        {"http://example.org/a b", "space"},
        {"http://example.org/a\r\nX: y", "control"},
        {"http://example.org:99999/", "malformed"},
        {"http://127.0.0.1/", "127.0.0.1"},
        {"http://127.1/", "127."},
        {"http://0x7f000001/", "refused"},
        {"http://2130706433/", "refused"},
        {"http://[::1]:8080/", "::1"},
        {"http://[::ffff:10.0.0.1]/", "refused"},
        {"http://169.254.169.254/latest", "169.254"},
        {"http://localhost:8080/", "127.0.0.1"},
        {"http://x.localhost./", "127.0.0.1"},
    };
    struct err_info error;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (http_check_base_url(cases[i].url, NULL, &error) != ERR_USAGE)
            fail_msg("%s was taken", cases[i].url);
        if (strstr(error.text, cases[i].says) == NULL)
            fail_msg("%s: %s", cases[i].url, error.text);
    }
}

static void test_an_allowed_private_base_url_is_taken(void **state)
{
    struct address_list *list = NULL;
    struct err_info error;
    (void)state;
    assert_int_equal(address_list_parse("127.0.0.0/8", &list, &error), ERR_OK);
    assert_int_equal(http_check_base_url("http://127.0.0.1:8080/hooks", list, &error), ERR_OK);
    assert_int_equal(http_check_base_url("http://localhost:8080/hooks", list, &error), ERR_OK);
    assert_int_equal(http_check_base_url("http://10.0.0.1/", list, &error), ERR_USAGE);
    address_list_drop(list);
}

static void test_a_long_base_url_is_refused(void **state)
{
    char url[2100] = "http://example.org/";
    struct err_info error;
    (void)state;
    memset(url + strlen(url), 'a', sizeof(url) - strlen(url) - 1);
    assert_int_equal(http_check_base_url(url, NULL, &error), ERR_USAGE);
    url[2000] = '\0';
    assert_int_equal(http_check_base_url(url, NULL, &error), ERR_OK);
}

static void test_retry_after(void **state)
{
    static const struct {
        const char *value;
        int64_t ms;
    } cases[] = {
        {NULL, 0},
        {"", 0},
        {"0", 0},
        {"7", 7000},
        {" 7 ", 7000},
        {"007", 7000},
        {"86400", DAY_MS},
        {"86401", DAY_MS},
        {"99999999999999999999999999", DAY_MS},
        {"-5", 0},
        {"7 seconds", 0},
        {"7.5", 0},
        {"soon", 0},
        {"Mon, 08 Jan 2024 07:46:50 GMT", 10000},
        {"Monday, 08-Jan-24 07:46:50 GMT", 10000},
        {"Mon Jan  8 07:46:50 2024", 10000},
        {"Mon, 08 Jan 2024 07:46:30 GMT", 0},
        {"Mon, 08 Jan 2024 07:46:50", 0},
        {"Mon, 08 Jan 2024 07:46:50 GMT and more", 0},
        {"Fri, 08 Jan 2100 07:46:50 GMT", DAY_MS},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t ms = http_retry_after_ms(cases[i].value, NOW);
        if (ms != cases[i].ms)
            fail_msg("%s: %lld ms", cases[i].value, (long long)ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_base_urls_are_taken),
        cmocka_unit_test(test_bad_base_urls_are_refused),
        cmocka_unit_test(test_a_name_that_leads_to_a_private_address_is_refused),
        cmocka_unit_test(test_an_allowed_private_base_url_is_taken),
        cmocka_unit_test(test_a_long_base_url_is_refused),
        cmocka_unit_test(test_retry_after),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
