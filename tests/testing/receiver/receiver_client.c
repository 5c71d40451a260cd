#include "tests/testing/receiver/receiver_client.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/json.h"
#include "common/base/mem.h"
#include "tests/testing/testing.h"

#define ARGUMENTS_MAX 32

struct receiver {
    pid_t pid;
    uint16_t port;
    int errors; /* what it says on stderr */
    CURL *curl;
    struct buf answer;
};

/* Only what is safe between fork and exec. */
static void become_receiver(int errors, char *const *argv)
{
    dup2(errors, STDERR_FILENO);
    execv(argv[0], argv);
    _exit(127);
}

/* It says where it listens once it does: reading that line is waiting for it. */
static uint16_t read_port(int errors)
{
    char line[512] = "";
    for (size_t len = 0; len < sizeof line - 1 && !strchr(line, '\n'); len++) {
        ssize_t got = read(errors, line + len, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
    }
    const char *colon = strrchr(line, ':');
    unsigned long port = colon && strstr(line, "listening") ? strtoul(colon + 1, NULL, 10) : 0;
    if (port == 0)
        fail_msg("the receiver did not start: %s", line);
    return (uint16_t)port;
}

static size_t take_answer(char *bytes, size_t size, size_t count, void *context)
{
    buf_add(context, bytes, size * count);
    return size * count;
}

static CURL *new_curl(struct buf *answer)
{
    CURL *curl = curl_easy_init();
    assert_non_null(curl);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_answer);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 10000L);
    return curl;
}

struct receiver *receiver_start(const char *const *arguments)
{
    const char *given = getenv("REPRISE_RECEIVER");
    const char *argv[ARGUMENTS_MAX] = {given ? given : RECEIVER_PROGRAM, "--port", "0", "--die-with-parent"};
    size_t count = 4;
    for (; *arguments && count < ARGUMENTS_MAX - 1; arguments++)
        argv[count++] = *arguments;
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        become_receiver(ends[1], (char *const *)(uintptr_t)argv);
    close(ends[1]);
    struct receiver *receiver = mem_zalloc(sizeof *receiver);
    receiver->pid = pid;
    receiver->errors = ends[0];
    receiver->port = read_port(ends[0]);
    receiver->curl = new_curl(&receiver->answer);
    return receiver;
}

int receiver_stop(struct receiver *receiver)
{
    int status = 0;
    if (!receiver)
        return 0;
    kill(receiver->pid, SIGTERM);
    while (waitpid(receiver->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    close(receiver->errors);
    curl_easy_cleanup(receiver->curl);
    buf_fini(&receiver->answer);
    free(receiver);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

uint16_t receiver_port(const struct receiver *receiver)
{
    return receiver->port;
}

void receiver_set_timeout_ms(struct receiver *receiver, long timeout_ms)
{
    curl_easy_setopt(receiver->curl, CURLOPT_TIMEOUT_MS, timeout_ms);
}

static struct receiver_reply perform(struct receiver *receiver, const char *path)
{
    struct receiver_reply reply = {0, -1, 0};
    struct buf url = BUF_INIT;
    long status = 0;
    curl_off_t retry_after = 0;
    struct curl_header *header = NULL;
    buf_addf(&url, "http://127.0.0.1:%u%s", receiver->port, path);
    buf_reset(&receiver->answer);
    curl_easy_setopt(receiver->curl, CURLOPT_URL, url.data);
    reply.trouble = (int)curl_easy_perform(receiver->curl);
    curl_easy_getinfo(receiver->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(receiver->curl, CURLINFO_RETRY_AFTER, &retry_after);
    reply.status = (int)status;
    if (curl_easy_header(receiver->curl, "Retry-After", 0, CURLH_HEADER, -1, &header) == CURLHE_OK)
        reply.retry_after_s = (int)retry_after;
    buf_fini(&url);
    return reply;
}

struct receiver_reply receiver_post(struct receiver *receiver, const char *path, const char *const *headers,
                                    const struct buf *body)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    for (; *headers; headers++)
        list = curl_slist_append(list, *headers);
    curl_easy_setopt(receiver->curl, CURLOPT_POST, 1L);
    curl_easy_setopt(receiver->curl, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(receiver->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len);
    curl_easy_setopt(receiver->curl, CURLOPT_POSTFIELDS, body->data ? body->data : "");
    struct receiver_reply reply = perform(receiver, path);
    curl_easy_setopt(receiver->curl, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(list);
    return reply;
}

struct json_object *receiver_get(struct receiver *receiver, const char *path)
{
    struct json_object *root = NULL;
    struct err_info error = {0};
    struct json_limits limits = {512u * 1024 * 1024, 8};
    curl_easy_setopt(receiver->curl, CURLOPT_HTTPGET, 1L);
    struct receiver_reply reply = perform(receiver, path);
    if (reply.status != 200)
        fail_msg("%s: status %d, curl %d", path, reply.status, reply.trouble);
    if (json_parse(receiver->answer.data, receiver->answer.len, limits, &root, &error) != ERR_OK)
        fail_msg("%s: %s", path, error.text);
    return root;
}

int64_t receiver_stat(struct receiver *receiver, const char *name)
{
    struct json_object *stats = receiver_get(receiver, "/_/stats");
    int64_t value = json_get_int(stats, name, -1);
    json_object_put(stats);
    if (value < 0)
        fail_msg("no such number in the receiver's stats: %s", name);
    return value;
}

int receiver_tell(struct receiver *receiver, const char *path, const char *json)
{
    static const char *const headers[] = {"Content-Type: application/json", NULL};
    struct buf body = BUF_INIT;
    buf_add_str(&body, json);
    int status = receiver_post(receiver, path, headers, &body).status;
    buf_fini(&body);
    return status;
}
