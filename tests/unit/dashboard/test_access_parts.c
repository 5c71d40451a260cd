/* Passwords, tokens, the throttle against guessing, and who loses a connection. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "dashboard/login_throttle.h"
#include "dashboard/password.h"
#include "dashboard/peers.h"
#include "dashboard/token.h"
#include "tests/testing/testing.h"

#define SECRET "a secret of thirty-two bytes, or more"

static void a_password_matches_its_hash_only(void **state)
{
    (void)state;
    char hash[PASSWORD_HASH_MAX], again[PASSWORD_HASH_MAX];
    struct err_info error;
    assert_int_equal(password_hash("correct horse", hash, &error), ERR_OK);
    assert_int_equal(password_hash("correct horse", again, &error), ERR_OK);
    assert_string_not_equal(hash, again);
    assert_int_equal(password_check_hash(hash, &error), ERR_OK);
    assert_true(password_matches("correct horse", hash));
    assert_false(password_matches("correct hors", hash));
    assert_false(password_matches("", hash));
    assert_int_equal(password_hash("short", hash, &error), ERR_USAGE);
}

static void a_hash_from_elsewhere_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "scrypt:", "scrypt:1048576:8:1:00:00", "scrypt:32768:8:1:zz:zz", "$2b$10$x"};
    struct err_info error;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(password_check_hash(bad[i], &error), ERR_USAGE);
        assert_false(password_matches("x", bad[i]));
    }
}

static void a_token_is_good_for_its_secret_and_time(void **state)
{
    (void)state;
    char *token = NULL;
    struct token_claims claims;
    struct err_info error;
    assert_int_equal(token_issue(SECRET, &(struct token_grant){"a robot", ROLE_VIEWER, 60000}, &token, &error), ERR_OK);
    assert_int_equal(token_verify(SECRET, token, &claims, &error), ERR_OK);
    assert_string_equal(claims.subject, "a robot");
    assert_int_equal(claims.role, ROLE_VIEWER);
    assert_int_equal(strlen(claims.id), 32);
    assert_false(claims.is_old);
    assert_int_equal(token_verify(SECRET "x", token, &claims, &error), ERR_USAGE);
    assert_int_equal(token_verify("", token, &claims, &error), ERR_USAGE);
    free(token);
    assert_int_equal(token_issue(SECRET, &(struct token_grant){"a robot", ROLE_VIEWER, 0}, &token, &error), ERR_OK);
    assert_int_equal(token_verify(SECRET, token, &claims, &error), ERR_USAGE);
    free(token);
    assert_int_equal(token_issue("too short", &(struct token_grant){"x", ROLE_VIEWER, 60000}, &token, &error),
                     ERR_USAGE);
    assert_int_equal(token_issue(SECRET, &(struct token_grant){"\xff", ROLE_VIEWER, 60000}, &token, &error), ERR_USAGE);
}

static void guessing_is_slowed_down(void **state)
{
    (void)state;
    struct login_throttle *throttle = login_throttle_new();
    int64_t wait_ms = 0, now_ms = 1000;
    for (int i = 0; i < LOGIN_THROTTLE_PER_ADDRESS; i++)
        assert_true(login_throttle_address(throttle, "a", now_ms, &wait_ms));
    assert_false(login_throttle_address(throttle, "a", now_ms + 10, &wait_ms));
    assert_int_equal(wait_ms, LOGIN_THROTTLE_WINDOW_MS - 10);
    assert_true(login_throttle_address(throttle, "b", now_ms, &wait_ms));
    assert_true(login_throttle_address(throttle, "a", now_ms + LOGIN_THROTTLE_WINDOW_MS, &wait_ms));
    login_throttle_drop(throttle);
}

static void a_client_is_its_network(void **state)
{
    (void)state;
    static const char *const one[] = {"2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:DB8:1:2::"};
    struct login_throttle *throttle = login_throttle_new();
    int64_t wait_ms = 0;
    for (int i = 0; i < LOGIN_THROTTLE_PER_ADDRESS; i++)
        assert_true(login_throttle_address(throttle, one[i % 3], 1000, &wait_ms));
    for (size_t i = 0; i < sizeof one / sizeof *one; i++)
        assert_false(login_throttle_address(throttle, one[i], 1000, &wait_ms));
    assert_true(login_throttle_address(throttle, "2001:db8:1:3::1", 1000, &wait_ms));
    login_throttle_forgive(throttle, one[1], "n");
    for (int i = 0; i < LOGIN_THROTTLE_PER_ADDRESS; i++)
        assert_true(login_throttle_address(throttle, i % 2 ? "192.0.2.1" : "::ffff:192.0.2.1", 1000, &wait_ms));
    assert_false(login_throttle_address(throttle, "192.0.2.1", 1000, &wait_ms));
    login_throttle_drop(throttle);
}

static void success_forgives(void **state)
{
    (void)state;
    struct login_throttle *throttle = login_throttle_new();
    int64_t wait_ms = 0;
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < LOGIN_THROTTLE_PER_ADDRESS; i++) {
            assert_true(login_throttle_address(throttle, "a", 1000, &wait_ms));
            assert_int_equal(login_throttle_name(throttle, "a", "n", 1000, &wait_ms), LOGIN_THROTTLE_FREE);
        }
        login_throttle_forgive(throttle, "a", "n");
    }
    login_throttle_drop(throttle);
}

static const char *numbered(int i, char out[32])
{
    snprintf(out, 32, "10.%d.%d.%d", i >> 16, (i >> 8) & 255, i & 255);
    return out;
}

static void a_name_for_which_many_try_stays_open_to_its_owner(void **state)
{
    (void)state;
    struct login_throttle *throttle = login_throttle_new();
    int64_t wait_ms = 0;
    char address[32];
    for (int i = 0; i < 7 * LOGIN_THROTTLE_PER_ADDRESS; i++) {
        numbered(i / LOGIN_THROTTLE_PER_ADDRESS, address);
        assert_true(login_throttle_address(throttle, address, 1000, &wait_ms));
        assert_int_equal(login_throttle_name(throttle, address, "n", 1000, &wait_ms),
                         i < LOGIN_THROTTLE_PER_NAME    ? LOGIN_THROTTLE_FREE
                         : i == LOGIN_THROTTLE_PER_NAME ? LOGIN_THROTTLE_ONCE
                                                        : LOGIN_THROTTLE_WAIT);
        if (i >= LOGIN_THROTTLE_PER_NAME)
            break;
    }
    assert_true(login_throttle_address(throttle, "192.0.2.1", 1000, &wait_ms));
    assert_int_equal(login_throttle_name(throttle, "192.0.2.1", "n", 1000, &wait_ms), LOGIN_THROTTLE_ONCE);
    assert_int_equal(wait_ms, LOGIN_THROTTLE_WINDOW_MS);
    assert_false(login_throttle_address(throttle, "192.0.2.1", 1000, &wait_ms));
    assert_true(login_throttle_address(throttle, "192.0.2.2", 1000, &wait_ms));
    assert_int_equal(login_throttle_name(throttle, "192.0.2.2", "another", 1000, &wait_ms), LOGIN_THROTTLE_FREE);
    login_throttle_drop(throttle);
}

static void no_flood_of_addresses_pushes_out_a_count(void **state)
{
    (void)state;
    struct login_throttle *throttle = login_throttle_new();
    int64_t wait_ms = 0;
    char address[32];
    int refused = 0;
    for (int i = 0; i < LOGIN_THROTTLE_PER_ADDRESS; i++)
        assert_true(login_throttle_address(throttle, "192.0.2.1", 1000, &wait_ms));
    for (int i = 0; i < 60000; i++)
        refused += !login_throttle_address(throttle, numbered(i, address), 1000 + i / 2, &wait_ms);
    assert_false(login_throttle_address(throttle, "192.0.2.1", 40000, &wait_ms));
    assert_true(refused < 60);
    login_throttle_drop(throttle);
}

static bool is_shut(int fd)
{
    char byte;
    return recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

static void the_idlest_makes_room(void **state)
{
    (void)state;
    struct peers *peers = peers_new((struct peer_limits){2, 10, 1000});
    struct sockaddr_in address = {.sin_family = AF_INET};
    struct peer *all[4];
    int pairs[4][2];
    for (int i = 0; i < 4; i++)
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[i]), 0);
    all[0] = peers_add(peers, pairs[0][0], (struct sockaddr *)&address);
    all[1] = peers_add(peers, pairs[1][0], (struct sockaddr *)&address);
    peer_set(all[0], PEER_WORKING);
    all[2] = peers_add(peers, pairs[2][0], (struct sockaddr *)&address);
    assert_false(is_shut(pairs[0][1]));
    assert_true(is_shut(pairs[1][1]));
    peer_set(all[2], PEER_STREAM);
    all[3] = peers_add(peers, pairs[3][0], (struct sockaddr *)&address);
    assert_true(is_shut(pairs[3][1]));
    assert_int_equal(peers_expire(peers, clock_mono_ms() + 5000), 0);
    peer_set(all[0], PEER_WRITING);
    assert_int_equal(peers_expire(peers, clock_mono_ms() + 5000), 1);
    assert_true(is_shut(pairs[0][1]));
    for (int i = 0; i < 4; i++) {
        peers_remove(peers, all[i]);
        close(pairs[i][0]);
        close(pairs[i][1]);
    }
    peers_drop(peers);
}

#define GREEDY 3

static struct sockaddr *from(struct sockaddr_in *address, unsigned last)
{
    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0A000000 + last)};
    return (struct sockaddr *)address;
}

/* Three addresses take all connections with requests that do not end: a newcomer is served. */
static void a_slow_reader_makes_room(void **state)
{
    (void)state;
    struct peers *peers = peers_new((struct peer_limits){100, 2 * GREEDY + 1, 1000});
    struct sockaddr_in address;
    struct peer *all[2 * GREEDY + 3];
    int pairs[2 * GREEDY + 3][2];
    for (int i = 0; i < 2 * GREEDY + 3; i++) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[i]), 0);
        unsigned whose = i == 0 ? 9 : i <= GREEDY + 1 ? 1 : i <= 2 * GREEDY ? 2 : 3;
        all[i] = peers_add(peers, pairs[i][0], from(&address, whose));
        peer_set(all[i], i % 2 ? PEER_READING : PEER_WRITING);
    }
    assert_false(is_shut(pairs[0][1])); /* the only one of its address, although it is the oldest */
    assert_true(is_shut(pairs[1][1]));  /* the oldest of the address that has most */
    assert_true(is_shut(pairs[2][1]));
    for (int i = 3; i < 2 * GREEDY + 3; i++)
        assert_false(is_shut(pairs[i][1]));
    for (int i = 0; i < 2 * GREEDY + 3; i++) {
        peers_remove(peers, all[i]);
        close(pairs[i][0]);
        close(pairs[i][1]);
    }
    peers_drop(peers);
}

/* Two come at the same moment, before a byte of either was read: the crowd makes room for both. */
static void newcomers_do_not_take_each_others_place(void **state)
{
    (void)state;
    struct peers *peers = peers_new((struct peer_limits){100, GREEDY, 1000});
    struct sockaddr_in address;
    struct peer *all[GREEDY + 2];
    int pairs[GREEDY + 2][2];
    for (int i = 0; i < GREEDY + 2; i++) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[i]), 0);
        all[i] = peers_add(peers, pairs[i][0], from(&address, i < GREEDY ? 1 : 2 + (unsigned)i));
    }
    for (int i = 0; i < GREEDY + 2; i++)
        assert_int_equal(is_shut(pairs[i][1]), i < 2);
    for (int i = 0; i < GREEDY + 2; i++) {
        peers_remove(peers, all[i]);
        close(pairs[i][0]);
        close(pairs[i][1]);
    }
    peers_drop(peers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_matches_its_hash_only),
        cmocka_unit_test(a_hash_from_elsewhere_is_refused),
        cmocka_unit_test(a_token_is_good_for_its_secret_and_time),
        cmocka_unit_test(guessing_is_slowed_down),
        cmocka_unit_test(a_client_is_its_network),
        cmocka_unit_test(success_forgives),
        cmocka_unit_test(a_name_for_which_many_try_stays_open_to_its_owner),
        cmocka_unit_test(no_flood_of_addresses_pushes_out_a_count),
        cmocka_unit_test(the_idlest_makes_room),
        cmocka_unit_test(a_slow_reader_makes_room),
        cmocka_unit_test(newcomers_do_not_take_each_others_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
