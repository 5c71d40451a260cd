/* Requests against a real server on loopback, well-behaved and not. */
#include "common/base/clock.h"
#include "common/store/http.h"
#include "tests/contract/store/canned_server.h"
#include "tests/testing/testing.h"

static const char *const headers[] = {"Content-Type: application/json", "X-Docora-App-Id: app_1", NULL};

struct fixture {
    struct address_list *allowed;
    struct http *http;
};

static struct fixture open_http(int parallel)
{
    struct fixture fixture;
    struct err_info error;
    assert_int_equal(address_list_parse("127.0.0.0/8", &fixture.allowed, &error), ERR_OK);
    fixture.http = http_new(parallel, fixture.allowed);
    return fixture;
}

static void close_http(struct fixture *fixture)
{
    http_drop(fixture->http);
    address_list_drop(fixture->allowed);
}

static const char *url_of(const char *path, char out[128])
{
    snprintf(out, 128, "http://127.0.0.1:%d%s", port, path);
    return out;
}

static struct http_request request_to(const char *url, const char *body)
{
    return (struct http_request){
        .url = url, .headers = headers, .body = body, .body_fd = -1, .body_len = strlen(body), .timeout_ms = SOON_MS};
}

static struct http_request post(struct http *http, const char *path)
{
    char url[128];
    struct http_request request = request_to(url_of(path, url), "{}");
    http_submit(http, &request);
    assert_ptr_equal(http_wait(http, SOON_MS), &request);
    assert_int_equal(http_under_way(http), 0);
    return request;
}

static void test_a_success(void **state)
{
    struct fixture fixture = open_http(1);
    (void)state;
    struct http_request request = post(fixture.http, "/ok");
    assert_int_equal(request.outcome, ERR_OK);
    assert_int_equal(request.status, 200);
    pthread_mutex_lock(&last_lock);
    assert_non_null(strstr(last_head, "X-Docora-App-Id: app_1\r\n"));
    assert_non_null(strstr(last_head, "Content-Type: application/json\r\n"));
    assert_null(strcasestr(last_head, "expect:"));
    assert_string_equal(last_body.data, "{}");
    pthread_mutex_unlock(&last_lock);
    request = post(fixture.http, "/none");
    assert_int_equal(request.outcome, ERR_OK);
    assert_int_equal(request.status, 204);
    close_http(&fixture);
}

static void test_refusals_say_what_the_receiver_said(void **state)
{
    struct fixture fixture = open_http(1);
    (void)state;
    struct http_request request = post(fixture.http, "/busy");
    assert_int_equal(request.outcome, ERR_RETRY);
    assert_int_equal(request.status, 503);
    assert_string_equal(request.error.text, "HTTP 503 Service Unavailable: sorry\\x1b[1m");
    assert_int_equal(request.error.retry_after_ms, 7000);
    request = post(fixture.http, "/missing");
    assert_int_equal(request.outcome, ERR_RETRY);
    assert_string_equal(request.error.text, "HTTP 404 Not Found (the receiver refuses this request)");
    assert_int_equal(request.error.retry_after_ms, 0);
    request = post(fixture.http, "/early");
    assert_int_equal(request.status, 429);
    assert_string_equal(request.error.text, "HTTP 429 Slow");
    assert_int_equal(request.error.retry_after_ms, 0);
    close_http(&fixture);
}

static void test_redirects_are_not_followed(void **state)
{
    struct fixture fixture = open_http(1);
    (void)state;
    int before = atomic_load(&requests);
    struct http_request request = post(fixture.http, "/moved");
    assert_int_equal(request.outcome, ERR_RETRY);
    assert_int_equal(request.status, 302);
    assert_non_null(strstr(request.error.text, "redirects are not followed"));
    assert_int_equal(atomic_load(&requests), before + 1);
    close_http(&fixture);
}

static void test_an_answer_that_is_cut(void **state)
{
    struct fixture fixture = open_http(1);
    char peer[64];
    (void)state;
    snprintf(peer, sizeof(peer), "(127.0.0.1:%d)", port);
    struct http_request request = post(fixture.http, "/close");
    assert_int_equal(request.outcome, ERR_RETRY);
    assert_int_equal(request.status, 0);
    assert_non_null(strstr(request.error.text, "closed without an answer"));
    assert_non_null(strstr(request.error.text, peer));
    request = post(fixture.http, "/half");
    assert_int_equal(request.outcome, ERR_RETRY);
    assert_int_equal(request.status, 0);
    request = post(fixture.http, "/headers");
    assert_int_equal(request.outcome, ERR_RETRY);
    assert_int_equal(request.status, 0);
    /* The status was said and all headers with it; what is missing is only text. */
    request = post(fixture.http, "/cut-body");
    assert_int_equal(request.outcome, ERR_OK);
    close_http(&fixture);
}

static void test_a_huge_answer_counts_by_its_status(void **state)
{
    struct fixture fixture = open_http(1);
    (void)state;
    struct http_request request = post(fixture.http, "/huge");
    assert_int_equal(request.outcome, ERR_OK);
    assert_int_equal(request.status, 200);
    request = post(fixture.http, "/huge-500");
    assert_int_equal(request.outcome, ERR_RETRY);
    assert_int_equal(strlen(request.error.text), strlen("HTTP 500 Oops: ") + 500);
    close_http(&fixture);
}

static void test_a_dripping_answer_is_given_up(void **state)
{
    struct fixture fixture = open_http(1);
    (void)state;
    int64_t started = clock_mono_ms();
    struct http_request request = post(fixture.http, "/drip");
    assert_int_equal(request.outcome, ERR_OK);
    assert_true(clock_mono_ms() - started < 15000);
    close_http(&fixture);
}

static void test_no_answer_in_time(void **state)
{
    struct fixture fixture = open_http(1);
    char url[128];
    struct http_request request = request_to(url_of("/hang", url), "{}");
    (void)state;
    request.timeout_ms = 200;
    http_submit(fixture.http, &request);
    assert_null(http_wait(fixture.http, 0));
    assert_int_equal(http_under_way(fixture.http), 1);
    assert_ptr_equal(http_wait(fixture.http, SOON_MS), &request);
    assert_int_equal(request.outcome, ERR_RETRY);
    assert_non_null(strstr(request.error.text, "no answer in time"));
    close_http(&fixture);
}

static void test_no_server_listens(void **state)
{
    struct fixture fixture = open_http(1);
    char url[64];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    (void)state;
    /* Bound and not listening: refused, and no other program can take the port meanwhile. */
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/x", ntohs(address.sin_port));
    struct http_request request = request_to(url, "{}");
    http_submit(fixture.http, &request);
    assert_ptr_equal(http_wait(fixture.http, SOON_MS), &request);
    assert_int_equal(request.outcome, ERR_RETRY);
    assert_non_null(strstr(request.error.text, "connection refused (127.0.0.1:"));
    close(fd);
    close_http(&fixture);
}

static void test_private_addresses_are_refused_when_the_socket_is_opened(void **state)
{
    struct http *http = http_new(1, NULL);
    char urls[2][128];
    (void)state;
    int before = atomic_load(&connections);
    url_of("/ok", urls[0]);
    snprintf(urls[1], sizeof(urls[1]), "http://localhost:%d/ok", port);
    for (int i = 0; i < 2; i++) {
        struct http_request request = request_to(urls[i], "{}");
        int64_t started = clock_mono_ms();
        http_submit(http, &request);
        assert_ptr_equal(http_wait(http, SOON_MS), &request);
        /* It ends before there is any socket that something could happen on, and is not waited for. */
        assert_true(clock_mono_ms() - started < SOON_MS);
        assert_int_equal(request.outcome, ERR_PERMANENT);
        assert_non_null(strstr(request.error.text, "is not public"));
    }
    assert_int_equal(atomic_load(&connections), before);
    http_drop(http);
}

static void test_other_schemes_are_refused(void **state)
{
    static const char *const urls[] = {"file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/x", "http://",
                                       "::"};
    struct fixture fixture = open_http(1);
    (void)state;
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        struct http_request request = request_to(urls[i], "{}");
        http_submit(fixture.http, &request);
        assert_ptr_equal(http_wait(fixture.http, SOON_MS), &request);
        if (request.outcome != ERR_PERMANENT)
            fail_msg("%s: %s", urls[i], request.error.text);
    }
    close_http(&fixture);
}

static void test_a_proxy_of_the_environment_is_not_used(void **state)
{
    (void)state;
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    struct fixture fixture = open_http(1);
    struct http_request request = post(fixture.http, "/ok");
    assert_int_equal(request.outcome, ERR_OK);
    close_http(&fixture);
    unsetenv("http_proxy");
    unsetenv("ALL_PROXY");
}

static void test_connections_are_kept(void **state)
{
    struct fixture fixture = open_http(4);
    struct http_request slots[4];
    char url[128];
    int sent = 0, back = 0;
    (void)state;
    url_of("/ok", url);
    int before = atomic_load(&connections);
    for (; sent < 4; sent++) {
        slots[sent] = request_to(url, "{}");
        http_submit(fixture.http, &slots[sent]);
    }
    while (back < 200) {
        struct http_request *request = http_wait(fixture.http, SOON_MS);
        assert_non_null(request);
        assert_int_equal(request->outcome, ERR_OK);
        back++;
        if (sent++ < 200)
            http_submit(fixture.http, request);
    }
    assert_null(http_wait(fixture.http, SOON_MS));
    assert_in_range(atomic_load(&connections) - before, 1, 4);
    close_http(&fixture);
}

/* The receiver closed a kept connection: the request goes out again on a fresh one, its body from the start. */
static void test_a_body_from_a_file_is_sent_whole_each_time(void **state)
{
    struct fixture fixture = open_http(1);
    const size_t len = 2000000, offset = 12345;
    char url[128];
    (void)state;
    char *bytes = malloc(offset + len);
    for (size_t i = 0; i < offset + len; i++)
        bytes[i] = (char)(i * 7 % 251);
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, offset + len, file), offset + len);
    assert_int_equal(fflush(file), 0);
    struct http_request request = {.url = url_of("/bye", url),
                                   .headers = headers,
                                   .body_fd = fileno(file),
                                   .body_offset = (int64_t)offset,
                                   .body_len = len,
                                   .timeout_ms = SOON_MS};
    for (int i = 0; i < 3; i++) {
        http_submit(fixture.http, &request);
        assert_ptr_equal(http_wait(fixture.http, SOON_MS), &request);
        if (request.outcome != ERR_OK)
            fail_msg("time %d: %s", i, request.error.text);
        pthread_mutex_lock(&last_lock);
        assert_null(strcasestr(last_head, "expect:"));
        assert_int_equal(last_body.len, len);
        assert_memory_equal(last_body.data, bytes + offset, len);
        pthread_mutex_unlock(&last_lock);
    }
    request.body_len = len + 1;
    http_submit(fixture.http, &request);
    assert_ptr_equal(http_wait(fixture.http, SOON_MS), &request);
    assert_int_equal(request.outcome, ERR_RETRY);
    assert_non_null(strstr(request.error.text, "cannot be read to its end"));
    fclose(file);
    free(bytes);
    close_http(&fixture);
}

static void test_cancelling_leaves_nothing_under_way(void **state)
{
    struct fixture fixture = open_http(2);
    char hang_url[128];
    (void)state;
    struct http_request slots[2] = {request_to(url_of("/hang", hang_url), "{}"), request_to(hang_url, "{}")};
    http_submit(fixture.http, &slots[0]);
    http_submit(fixture.http, &slots[1]);
    assert_null(http_wait(fixture.http, 50));
    http_cancel_all(fixture.http);
    assert_int_equal(http_under_way(fixture.http), 0);
    assert_null(http_wait(fixture.http, SOON_MS));
    struct http_request request = post(fixture.http, "/ok");
    assert_int_equal(request.outcome, ERR_OK);
    http_submit(fixture.http, &slots[0]);
    close_http(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_success),
        cmocka_unit_test(test_refusals_say_what_the_receiver_said),
        cmocka_unit_test(test_redirects_are_not_followed),
        cmocka_unit_test(test_an_answer_that_is_cut),
        cmocka_unit_test(test_a_huge_answer_counts_by_its_status),
        cmocka_unit_test(test_a_dripping_answer_is_given_up),
        cmocka_unit_test(test_no_answer_in_time),
        cmocka_unit_test(test_no_server_listens),
        cmocka_unit_test(test_private_addresses_are_refused_when_the_socket_is_opened),
        cmocka_unit_test(test_other_schemes_are_refused),
        cmocka_unit_test(test_a_proxy_of_the_environment_is_not_used),
        cmocka_unit_test(test_connections_are_kept),
        cmocka_unit_test(test_a_body_from_a_file_is_sent_whole_each_time),
        cmocka_unit_test(test_cancelling_leaves_nothing_under_way),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
