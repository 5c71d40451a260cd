/* Which addresses requests may go to: every special range, its edges, and the IPv4 addresses hidden in IPv6 ones. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "common/store/address.h"

static struct sockaddr_storage address_of(const char *text)
{
    struct sockaddr_storage out = {.ss_family = AF_UNSPEC};
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
        memcpy(&out, &v4, sizeof(v4));
    } else {
        assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
        memcpy(&out, &v6, sizeof(v6));
    }
    return out;
}

static bool may_go(const char *text, const struct address_list *allowed)
{
    struct sockaddr_storage address = address_of(text);
    return address_may_go((const struct sockaddr *)&address, allowed);
}

static struct address_list *list_of(const char *text)
{
    struct err_info error;
    struct address_list *list = NULL;
    assert_int_equal(address_list_parse(text, &list, &error), ERR_OK);
    return list;
}

static void test_public_addresses_are_allowed(void **state)
{
    static const char *const texts[] = {"1.1.1.1",          "9.255.255.255",   "11.0.0.0",       "100.63.255.255",
                                        "100.128.0.0",      "126.255.255.255", "128.0.0.0",      "169.253.255.255",
                                        "169.255.0.0",      "172.15.255.255",  "172.32.0.0",     "192.0.1.0",
                                        "192.167.255.255",  "192.169.0.0",     "198.17.255.255", "198.20.0.0",
                                        "223.255.255.255",  "2606:4700::1111", "2a00:1450::1",   "::ffff:8.8.8.8",
                                        "64:ff9b::808:808", "2002:808:808::1"};
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (!may_go(texts[i], NULL))
            fail_msg("%s was refused", texts[i]);
    }
}

static void test_special_addresses_are_refused(void **state)
{
    static const char *const texts[] = {
        "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.1",
        "127.255.255.255", "169.254.169.254", "172.16.0.0", "172.31.255.255", "192.0.0.170", "192.0.2.1", "192.88.99.1",
        "192.168.0.0", "192.168.255.255", "198.18.0.0", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1",
        "239.255.255.255", "240.0.0.1", "255.255.255.255",
        /* IPv6 */
        "::", "::1", "::7f00:1", "100::1", "2001::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "3fff::1",
        "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1", "fec0::1", "ff02::1", "4000::1",
        /* IPv4 inside: mapped, NAT64, 6to4 */
        "::ffff:127.0.0.1", "::ffff:10.1.2.3", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a00:1",
        "64:ff9b:1::808:808", "2002:7f00:1::", "2002:c0a8:101::1", "2002:a9fe:a9fe::"};
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (may_go(texts[i], NULL))
            fail_msg("%s was allowed", texts[i]);
    }
}

static void test_a_list_allows_what_it_names_and_no_more(void **state)
{
    struct address_list *list = list_of("127.0.0.0/8, ::1,fd00::/8 10.1.2.3 192.168.4.0/22");
    static const char *const inside[] = {
        "127.0.0.1", "::1", "fd00::7", "10.1.2.3", "192.168.7.1", "::ffff:127.1.1.1", "64:ff9b::7f00:1", "8.8.8.8"};
    static const char *const outside[] = {"10.1.2.4",    "::2",           "fc00::7",
                                          "192.168.8.1", "192.168.3.255", "::ffff:10.1.2.4"};
    (void)state;
    for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++) {
        if (!may_go(inside[i], list))
            fail_msg("%s was refused", inside[i]);
    }
    for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
        if (may_go(outside[i], list))
            fail_msg("%s was allowed", outside[i]);
    }
    address_list_drop(list);
}

static void test_an_empty_list_allows_nothing_special(void **state)
{
    struct address_list *list = list_of(" , ,");
    (void)state;
    assert_false(may_go("127.0.0.1", list));
    assert_true(may_go("8.8.8.8", list));
    address_list_drop(list);
    address_list_drop(NULL);
}

static void test_malformed_lists_are_refused_by_name(void **state)
{
    static const char *const texts[] = {
        "10.0.0.0/33", "10.0.0.0/",   "10.0.0.0/-1", "::/129",     "localhost",
        "10.0.0",      "1.2.3.4.5",   "10.1.2.3/8",  "fd00::1/8",  "127.0.0.1,nonsense",
        "10.0.0.0/8x", "10.0.0.0/ 8", "::1/128/1",   "0x7f000001", "1.2.3.4/99999999999"};
    struct err_info error;
    struct address_list *list = NULL;
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (address_list_parse(texts[i], &list, &error) != ERR_USAGE || list != NULL)
            fail_msg("'%s' was taken", texts[i]);
        assert_non_null(strchr(error.text, '\''));
    }
}

static void test_other_families_are_refused(void **state)
{
    struct sockaddr_storage address = {.ss_family = AF_UNIX};
    struct address_list *all = list_of("0.0.0.0/0,::/0");
    (void)state;
    assert_false(address_may_go((const struct sockaddr *)&address, all));
    address_list_drop(all);
}

static void test_literals_are_judged_in_every_spelling(void **state)
{
    static const char *const refused[] = {"127.0.0.1", "127.1", "0x7f000001",        "2130706433", "017700000001",
                                          "[::1]",     "::1",   "[::ffff:10.0.0.1]", "0"};
    static const char *const fine[] = {"example.org", "8.8.8.8", "[2606:4700::1111]", "127.0.0.1.example.org"};
    struct err_info error;
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        if (address_check_literal(refused[i], NULL, &error) != ERR_PERMANENT)
            fail_msg("%s was allowed", refused[i]);
    }
    for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
        assert_int_equal(address_check_literal(fine[i], NULL, &error), ERR_OK);
}

static void test_resolving_a_literal_gives_it_or_refuses_it(void **state)
{
    struct err_info error;
    struct sockaddr_storage out;
    char text[INET6_ADDRSTRLEN];
    struct address_list *list = list_of("127.0.0.0/8");
    (void)state;
    assert_int_equal(address_resolve("127.0.0.1", NULL, &out, &error), ERR_PERMANENT);
    assert_non_null(strstr(error.text, "127.0.0.1"));
    assert_int_equal(address_resolve("127.0.0.1", list, &out, &error), ERR_OK);
    assert_string_equal(address_text((const struct sockaddr *)&out, text), "127.0.0.1");
    assert_int_equal(address_resolve("", list, &out, &error), ERR_PERMANENT);
    assert_int_equal(address_resolve("no-such-host.invalid", list, &out, &error), ERR_RETRY);
    address_list_drop(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_public_addresses_are_allowed),
        cmocka_unit_test(test_special_addresses_are_refused),
        cmocka_unit_test(test_a_list_allows_what_it_names_and_no_more),
        cmocka_unit_test(test_an_empty_list_allows_nothing_special),
        cmocka_unit_test(test_malformed_lists_are_refused_by_name),
        cmocka_unit_test(test_other_families_are_refused),
        cmocka_unit_test(test_literals_are_judged_in_every_spelling),
        cmocka_unit_test(test_resolving_a_literal_gives_it_or_refuses_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
