/* The parsers of a request: query, credentials, origin, who really sent it. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dashboard/request_headers.h"
#include "dashboard/uri.h"
#include "tests/testing/testing.h"

#define QUERY(text) uri_query_parse(text, strlen(text), &query, &error)

static void a_query_is_pairs(void **state)
{
    (void)state;
    struct uri_query query;
    struct err_info error;
    assert_int_equal(QUERY("a=1&b=x%20y+z&c&d=&%C3%A4=%26"), ERR_OK);
    assert_string_equal(uri_query_get(&query, "a"), "1");
    assert_string_equal(uri_query_get(&query, "b"), "x y z");
    assert_null(uri_query_get(&query, "c"));
    assert_null(uri_query_get(&query, "d"));
    assert_string_equal(uri_query_get(&query, "ä"), "&");
    assert_null(uri_query_get(&query, "e"));
    uri_query_fini(&query);
    assert_int_equal(QUERY(""), ERR_OK);
    assert_int_equal(QUERY("&&&"), ERR_OK);
    assert_int_equal(query.count, 0);
}

static void a_query_that_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"a=1&a=2", "a=%",    "a=%4",  "a=%zz", "a=%00",
                                      "a=%0a",   "a=\x01", "a=%ff", "%ff=1", "a=%c3"};
    struct uri_query query;
    struct err_info error;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(QUERY(bad[i]), ERR_USAGE);
        assert_int_equal(query.count, 0);
    }
    char many[400] = "";
    for (int i = 0; i <= URI_QUERY_MAX; i++)
        snprintf(many + strlen(many), sizeof many - strlen(many), "p%d=1&", i);
    assert_int_equal(QUERY(many), ERR_USAGE);
}

static void a_plus_is_a_space_in_queries_only(void **state)
{
    (void)state;
    char *text = NULL;
    struct err_info error;
    assert_int_equal(uri_decode("a+b", 3, URI_PLUS_IS_PLUS, &text, &error), ERR_OK);
    assert_string_equal(text, "a+b");
    free(text);
    assert_int_equal(uri_decode("a%2Fb", 5, URI_PLUS_IS_SPACE, &text, &error), ERR_OK);
    assert_string_equal(text, "a/b");
    free(text);
}

static void bearer_is_one_token(void **state)
{
    (void)state;
    static const char *const bad[] = {"",          "Bearer",     "Bearer ",         "Bearer a b",
                                      "Basic abc", "Bearer a,b", "Bearer \xc3\xa4", "Bearerabc"};
    char token[HEADER_TOKEN_MAX];
    assert_true(header_bearer("Bearer abc.DEF-_~+/=", token));
    assert_string_equal(token, "abc.DEF-_~+/=");
    assert_true(header_bearer("bearer   x", token));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(header_bearer(bad[i], token));
    char *big = malloc(HEADER_TOKEN_MAX + 20);
    memset(big, 'a', HEADER_TOKEN_MAX + 10);
    memcpy(big, "Bearer ", 7);
    big[HEADER_TOKEN_MAX + 10] = '\0';
    assert_false(header_bearer(big, token));
    free(big);
}

static void our_cookie_is_found_once(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "a=b",
                                      "reprise_session",
                                      "reprise_session=",
                                      "xreprise_session=a",
                                      "reprise_session=a; reprise_session=b",
                                      "reprise_session=a b",
                                      "reprise_session=\"a\"",
                                      "Reprise_Session=a"};
    char token[HEADER_TOKEN_MAX];
    assert_true(header_cookie("reprise_session=abc", "reprise_session", token));
    assert_string_equal(token, "abc");
    assert_true(header_cookie("x=1;  reprise_session=abc ; y=2", "reprise_session", token));
    assert_string_equal(token, "abc");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(header_cookie(bad[i], "reprise_session", token));
}

static void an_origin_is_ours_or_not(void **state)
{
    (void)state;
    assert_true(header_origin_matches("http://127.0.0.1:8080", "127.0.0.1:8080", ""));
    assert_true(header_origin_matches("https://A.example", "a.example", ""));
    assert_true(header_origin_matches("https://a.example", "inside:8080", "https://a.example"));
    assert_false(header_origin_matches("http://a.example", "a.example", "https://a.example"));
    assert_false(header_origin_matches(NULL, "a", ""));
    assert_false(header_origin_matches("null", "null", ""));
    assert_false(header_origin_matches("http://a.example.evil", "a.example", ""));
    assert_false(header_origin_matches("http://a.example/", "a.example", ""));
    assert_false(header_origin_matches("http://a.example", NULL, ""));
    assert_false(header_origin_matches("ftp://a.example", "a.example", ""));
}

static void an_origin_is_plain_from_elsewhere_or_not(void **state)
{
    (void)state;
    static const char *const plain[] = {"http://reprise.example",        "HTTP://a:8080",
                                        "http://192.0.2.1:8080",         "http://[2001:db8::1]",
                                        "http://127.0.0.1.evil.example", "http://0.0.0.0:8080"};
    static const char *const fine[] = {
        "https://reprise.example", "http://127.0.0.1:8080", "http://localhost", "http://[::1]:8080", "null", ""};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        assert_true(header_origin_is_plain_elsewhere(plain[i]));
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
        assert_false(header_origin_is_plain_elsewhere(fine[i]));
}

static void hosts_are_judged_by_their_writing(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "a.example", "127.0.0.1:80", "[::1]", "[::1]:8080", "a_b-c.d:1"};
    static const char *const bad[] = {"",    ":80",  "a:",  "a:x",    "a b",     "a/b",
                                      "u@h", "[::1", "[]x", "[::1]x", "a:80:80", "a,b"};
    static const char *const loopback[] = {"localhost", "LOCALHOST:1", "127.0.0.1", "127.8.9.1:80", "[::1]:80"};
    static const char *const elsewhere[] = {"localhost.evil", "127.0.0.1.evil", "10.0.0.1", "[::2]", "x127.0.0.1"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(header_host_is_valid(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(header_host_is_valid(bad[i]));
    for (size_t i = 0; i < sizeof loopback / sizeof *loopback; i++)
        assert_true(header_host_is_loopback(loopback[i]));
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        assert_false(header_host_is_loopback(elsewhere[i]));
}

static const char *client(const char *peer, const char *header, const char *trusted, char out[INET6_ADDRSTRLEN])
{
    struct address_list *list = NULL;
    struct err_info error;
    struct sockaddr_in address = {.sin_family = AF_INET};
    assert_int_equal(inet_pton(AF_INET, peer, &address.sin_addr), 1);
    assert_int_equal(address_list_parse(trusted, &list, &error), ERR_OK);
    header_client_address((struct sockaddr *)&address, header, list, out);
    address_list_drop(list);
    return out;
}

static void forwarded_for_counts_as_far_as_proxies_are_trusted(void **state)
{
    (void)state;
    char out[INET6_ADDRSTRLEN];
    assert_string_equal(client("10.0.0.1", NULL, "10.0.0.1", out), "10.0.0.1");
    assert_string_equal(client("192.0.2.1", "203.0.113.1", "", out), "192.0.2.1");
    assert_string_equal(client("10.0.0.1", "203.0.113.1", "10.0.0.0/8", out), "203.0.113.1");
    assert_string_equal(client("10.0.0.1", "1.2.3.4, 203.0.113.1, 10.0.0.2", "10.0.0.0/8", out), "203.0.113.1");
    assert_string_equal(client("10.0.0.1", "1.2.3.4,203.0.113.1 ,, 10.0.0.2 ", "10.0.0.0/8", out), "203.0.113.1");
    assert_string_equal(client("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.0/8", out), "10.0.0.3");
    assert_string_equal(client("10.0.0.1", "nonsense", "10.0.0.0/8", out), "10.0.0.1");
    assert_string_equal(client("10.0.0.1", "203.0.113.1, nonsense", "10.0.0.0/8", out), "10.0.0.1");
    assert_string_equal(client("10.0.0.1", "2001:db8::1", "10.0.0.0/8", out), "2001:db8::1");
    assert_string_equal(client("10.0.0.1", "", "10.0.0.0/8", out), "10.0.0.1");
}

static void forwarded_addresses_may_have_ports_and_brackets(void **state)
{
    (void)state;
    static const char *const forms[][2] = {
        {"203.0.113.7:4711", "203.0.113.7"},
        {"[2001:db8::1]", "2001:db8::1"},
        {"[2001:db8::1]:443", "2001:db8::1"},
        {"\"[2001:db8::1]:443\"", "2001:db8::1"},
        {"fe80::1%eth0", "fe80::1"},
        {"\"203.0.113.7\"", "203.0.113.7"},
        {"1.2.3.4, 203.0.113.7:1", "203.0.113.7"},
        {"203.0.113.7:1, 10.0.0.2:2", "203.0.113.7"},
        {"203.0.113.7:", "10.0.0.1"},
        {"203.0.113.7:x", "10.0.0.1"},
        {"[203.0.113.7", "10.0.0.1"},
        {"203.0.113.7:123456", "10.0.0.1"},
        {"[::ffff:203.0.113.7]:1", "::ffff:203.0.113.7"},
    };
    char out[INET6_ADDRSTRLEN];
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        assert_string_equal(client("10.0.0.1", forms[i][0], "10.0.0.0/8", out), forms[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_query_is_pairs),
        cmocka_unit_test(a_query_that_is_none_is_refused),
        cmocka_unit_test(a_plus_is_a_space_in_queries_only),
        cmocka_unit_test(bearer_is_one_token),
        cmocka_unit_test(our_cookie_is_found_once),
        cmocka_unit_test(an_origin_is_ours_or_not),
        cmocka_unit_test(an_origin_is_plain_from_elsewhere_or_not),
        cmocka_unit_test(hosts_are_judged_by_their_writing),
        cmocka_unit_test(forwarded_addresses_may_have_ports_and_brackets),
        cmocka_unit_test(forwarded_for_counts_as_far_as_proxies_are_trusted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
