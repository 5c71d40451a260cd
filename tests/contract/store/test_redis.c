/* The blocking client of Redis against a real server, which some of these tests end. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/store/redis.h"
#include "tests/testing/stores.h"
#include "tests/testing/testing.h"

#define assert_fine(call) assert_no_error((call), &error, __LINE__)

static void assert_no_error(enum err outcome, const struct err_info *error, int line)
{
    if (outcome)
        print_error("%s: %s\n", err_name(outcome), error->text);
    _assert_true(outcome == ERR_OK, "it succeeds", __FILE__, line);
}

struct client {
    struct redis_address address;
    struct redis *redis;
    struct redis_args *args;
};

static void client_init(struct client *client, const char *url)
{
    struct err_info error;
    assert_fine(redis_address_parse(url, &client->address, &error));
    client->redis = redis_new(&client->address, 5000, 5000);
    client->args = redis_args_new();
}

static void client_fini(struct client *client)
{
    redis_args_drop(client->args);
    redis_drop(client->redis);
    redis_address_fini(&client->address);
}

/* A command of words without spaces. */
static enum err run(struct client *client, const char *words, redisReply **reply, struct err_info *error)
{
    redis_args_reset(client->args);
    while (*words) {
        size_t len = strcspn(words, " ");
        redis_arg_len(client->args, words, len);
        words += len + (words[len] == ' ');
    }
    return redis_run(client->redis, client->args, reply, error);
}

static void run_well(struct client *client, const char *words)
{
    struct err_info error;
    assert_fine(run(client, words, NULL, &error));
}

static int64_t number_of(struct client *client, const char *words)
{
    struct err_info error;
    redisReply *reply;
    assert_fine(run(client, words, &reply, &error));
    int64_t number = redis_int(reply);
    freeReplyObject(reply);
    return number;
}

static void a_command_connects_and_answers(void **state)
{
    struct err_info error;
    struct client client;
    redisReply *reply;
    client_init(&client, stores_redis_url(*state));
    redis_args_reset(client.args);
    redis_arg(client.args, "SET");
    redis_argf(client.args, "%s:%s", stores_prefix(*state), "odd");
    redis_arg_len(client.args, "a\0\r\n\xff", 5);
    assert_fine(redis_run(client.redis, client.args, NULL, &error));

    redis_args_reset(client.args);
    redis_arg(client.args, "GET");
    redis_argf(client.args, "%s:%s", stores_prefix(*state), "odd");
    assert_fine(redis_run(client.redis, client.args, &reply, &error));
    assert_int_equal(reply->len, 5);
    assert_memory_equal(reply->str, "a\0\r\n\xff", 5);
    assert_string_equal(redis_text(reply), ""); /* what has a NUL within is no text */
    freeReplyObject(reply);
    client_fini(&client);
}

static void an_error_reply_leaves_the_connection(void **state)
{
    struct err_info error;
    struct client client;
    client_init(&client, stores_redis_url(*state));
    int64_t id = number_of(&client, "CLIENT ID");
    run_well(&client, "SET text x");
    assert_int_equal(run(&client, "LPUSH text x", NULL, &error), ERR_PERMANENT);
    assert_non_null(strstr(error.text, "LPUSH: WRONGTYPE"));
    assert_int_equal(number_of(&client, "CLIENT ID"), id);
    client_fini(&client);
}

static void a_full_server_is_tried_again(void **state)
{
    struct err_info error;
    struct client client;
    client_init(&client, stores_redis_url(*state));
    run_well(&client, "CONFIG SET maxmemory 1");
    enum err outcome = run(&client, "SET x y", NULL, &error);
    run_well(&client, "CONFIG SET maxmemory 0");
    assert_int_equal(outcome, ERR_RETRY);
    assert_non_null(strstr(error.text, "OOM"));
    client_fini(&client);
}

static void a_script_is_loaded_when_the_server_does_not_know_it(void **state)
{
    static const struct lua SCRIPT = {"join", 0, "return {KEYS[1], #ARGV, ARGV[1]}"};
    struct err_info error;
    struct client client;
    client_init(&client, stores_redis_url(*state));
    for (int i = 0; i < 3; i++) {
        redisReply *reply;
        redis_args_reset(client.args);
        redis_arg(client.args, "key");
        redis_arg_len(client.args, "a\0b", 3);
        redis_arg_int(client.args, i);
        assert_fine(redis_run_script(client.redis, &SCRIPT, 1, client.args, &reply, &error));
        assert_string_equal(redis_text(redis_item(reply, 0)), "key");
        assert_int_equal(redis_int(redis_item(reply, 1)), 2);
        assert_int_equal(redis_item(reply, 2)->len, 3);
        freeReplyObject(reply);
        if (i == 0) {
            /* Now the server knows it by the name that we use. */
            struct buf exists = BUF_INIT;
            buf_addf(&exists, "SCRIPT EXISTS %s", redis_script_sha(&SCRIPT));
            assert_fine(run(&client, exists.data, &reply, &error));
            assert_int_equal(redis_int(redis_item(reply, 0)), 1);
            freeReplyObject(reply);
            buf_fini(&exists);
        }
        if (i == 1)
            run_well(&client, "SCRIPT FLUSH");
    }
    client_fini(&client);
}

static void a_script_that_fails_says_which(void **state)
{
    static const struct lua BROKEN = {"broken", 0, "return redis.error_reply('NOTOURS go away')"};
    struct err_info error;
    struct client client;
    client_init(&client, stores_redis_url(*state));
    redis_args_reset(client.args);
    assert_int_equal(redis_run_script(client.redis, &BROKEN, 0, client.args, NULL, &error), ERR_PERMANENT);
    assert_non_null(strstr(error.text, "broken: NOTOURS go away"));
    client_fini(&client);
}

static void a_database_is_selected(void **state)
{
    struct client client, other;
    struct buf url = BUF_INIT;
    buf_addf(&url, "%s?db=5", stores_redis_url(*state));
    client_init(&client, url.data);
    client_init(&other, stores_redis_url(*state));
    run_well(&client, "SET only_in_five x");
    assert_int_equal(number_of(&client, "EXISTS only_in_five"), 1);
    assert_int_equal(number_of(&other, "EXISTS only_in_five"), 0);
    client_fini(&other);
    client_fini(&client);
    buf_fini(&url);
}

static void a_database_that_is_not_there_is_refused(void **state)
{
    struct err_info error;
    struct client client;
    struct buf url = BUF_INIT;
    buf_addf(&url, "%s?db=5000", stores_redis_url(*state));
    client_init(&client, url.data);
    assert_int_equal(redis_ready(client.redis, &error), ERR_UNREACHABLE);
    assert_non_null(strstr(error.text, "SELECT was refused"));
    client_fini(&client);
    buf_fini(&url);
}

/* A port that was free a moment ago. */
static int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    close(fd);
    return ntohs(address.sin_port);
}

static void tcp_and_passwords_work(void **state)
{
    static const char *const REFUSED[] = {"redis://127.0.0.1:%d", "redis://:hunter3@127.0.0.1:%d",
                                          "redis://nobody:hunter2@127.0.0.1:%d"};
    static const char *const TAKEN[] = {"redis://:hunter2@127.0.0.1:%d/1", "redis://default:hunter2@127.0.0.1:%d",
                                        "redis://carol:hunter4@localhost:%d"};
    struct err_info error;
    struct client admin, client;
    int port = free_port();
    client_init(&admin, stores_redis_url(*state));
    run_well(&admin, "CONFIG SET bind 127.0.0.1");
    struct buf text = BUF_INIT;
    buf_addf(&text, "CONFIG SET port %d", port);
    run_well(&admin, text.data);
    run_well(&admin, "ACL SETUSER carol on >hunter4 ~* +@all");
    run_well(&admin, "CONFIG SET requirepass hunter2");

    for (size_t i = 0; i < 6; i++) {
        const char *format = i < 3 ? REFUSED[i] : TAKEN[i - 3];
        const char *number = strstr(format, "%d");
        buf_reset(&text);
        buf_add(&text, format, (size_t)(number - format));
        buf_addf(&text, "%d%s", port, number + 2);
        client_init(&client, text.data);
        enum err outcome = run(&client, "PING", NULL, &error);
        if (i >= 3)
            assert_no_error(outcome, &error, __LINE__);
        else
            assert_int_equal(outcome, i == 0 ? ERR_PERMANENT : ERR_UNREACHABLE); /* without a password it connects */
        assert_null(strstr(error.text, "hunter"));
        client_fini(&client);
    }
    run_well(&admin, "ACL SETUSER default nopass");
    client_fini(&admin);
    buf_fini(&text);
}

static void a_server_that_does_not_answer_is_given_up(void **state)
{
    struct err_info error;
    struct client client;
    client_init(&client, stores_redis_url(*state));
    redis_drop(client.redis);
    client.redis = redis_new(&client.address, 5000, 50);
    assert_fine(redis_ready(client.redis, &error));
    assert_int_equal(kill(stores_pid(*state, STORE_REDIS), SIGSTOP), 0);
    enum err outcome = run(&client, "INCR counted", NULL, &error);
    assert_int_equal(kill(stores_pid(*state, STORE_REDIS), SIGCONT), 0);
    assert_int_equal(outcome, ERR_UNREACHABLE);
    assert_string_equal(error.text, "Redis: no answer within 50 ms");

    /* The late answer belongs to a connection that is no more. */
    redis_drop(client.redis);
    client.redis = redis_new(&client.address, 5000, 5000);
    assert_int_equal(number_of(&client, "ECHO 7"), 7);
    client_fini(&client);
}

static void a_server_that_went_is_unreachable_and_comes_back(void **state)
{
    struct err_info error;
    struct client client;
    client_init(&client, stores_redis_url(*state));
    run_well(&client, "PING");
    stores_end(*state, STORE_REDIS, SIGKILL);
    assert_int_equal(run(&client, "PING", NULL, &error), ERR_UNREACHABLE);
    assert_int_equal(redis_ready(client.redis, &error), ERR_UNREACHABLE);
    assert_non_null(strstr(error.text, "redis.sock"));
    stores_start(*state);
    run_well(&client, "PING");

    /* Restarted between two commands: noticed before anything is sent, so nothing is in doubt. */
    stores_end(*state, STORE_REDIS, SIGTERM);
    stores_start(*state);
    run_well(&client, "PING");
    client_fini(&client);
}

static void kill_client(struct client *admin, int64_t id)
{
    struct err_info error;
    struct buf text = BUF_INIT;
    buf_addf(&text, "CLIENT KILL ID %" PRId64, id);
    assert_fine(run(admin, text.data, NULL, &error));
    buf_fini(&text);
}

static void a_connection_cut_between_commands_is_made_again(void **state)
{
    struct client client, admin;
    client_init(&client, stores_redis_url(*state));
    client_init(&admin, stores_redis_url(*state));
    int64_t id = number_of(&client, "CLIENT ID");
    kill_client(&admin, id);
    assert_int_not_equal(number_of(&client, "CLIENT ID"), id);
    client_fini(&admin);
    client_fini(&client);
}

struct waiter {
    pthread_t thread;
    struct client client;
    enum err outcome;
    struct err_info error;
};

static void *wait_for_nothing(void *context)
{
    struct waiter *waiter = context;
    waiter->outcome = run(&waiter->client, "BLPOP nothing_comes_here 0", NULL, &waiter->error);
    return NULL;
}

static bool a_client_waits(struct client *admin)
{
    struct err_info error;
    redisReply *reply;
    assert_fine(run(admin, "INFO clients", &reply, &error));
    bool waits = strstr(redis_text(reply), "blocked_clients:1") != NULL;
    freeReplyObject(reply);
    return waits;
}

static void a_connection_cut_within_a_command_is_unreachable(void **state)
{
    struct client admin;
    struct waiter waiter = {.outcome = ERR_OK};
    client_init(&admin, stores_redis_url(*state));
    client_init(&waiter.client, stores_redis_url(*state));
    redis_drop(waiter.client.redis);
    waiter.client.redis = redis_new(&waiter.client.address, 5000, 120000);
    int64_t id = number_of(&waiter.client, "CLIENT ID");
    assert_int_equal(pthread_create(&waiter.thread, NULL, wait_for_nothing, &waiter), 0);
    while (!a_client_waits(&admin))
        poll(NULL, 0, 5);
    kill_client(&admin, id);
    pthread_join(waiter.thread, NULL);
    assert_int_equal(waiter.outcome, ERR_UNREACHABLE);
    assert_int_equal(number_of(&waiter.client, "ECHO 1"), 1);
    client_fini(&waiter.client);
    client_fini(&admin);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_connects_and_answers),
        cmocka_unit_test(an_error_reply_leaves_the_connection),
        cmocka_unit_test(a_full_server_is_tried_again),
        cmocka_unit_test(a_script_is_loaded_when_the_server_does_not_know_it),
        cmocka_unit_test(a_script_that_fails_says_which),
        cmocka_unit_test(a_database_is_selected),
        cmocka_unit_test(a_database_that_is_not_there_is_refused),
        cmocka_unit_test(tcp_and_passwords_work),
        cmocka_unit_test(a_server_that_does_not_answer_is_given_up),
        cmocka_unit_test(a_server_that_went_is_unreachable_and_comes_back),
        cmocka_unit_test(a_connection_cut_between_commands_is_made_again),
        cmocka_unit_test(a_connection_cut_within_a_command_is_unreachable),
    };
    return cmocka_run_group_tests(tests, stores_setup_private, stores_teardown);
}
