/*
 * bench_poster: posts deliveries to a receiver as fast as one bare libcurl multi handle can: what the receiver takes
 * beside what the worker sends it. The bodies and signatures are those of real deliveries, built before the clock
 * starts.
 *
 *   bench_poster BASE_URL KEY COUNT PARALLEL APPS BYTES      COUNT files of BYTES each, spread over so many apps
 *
 * Prints {"seconds": …, "requests": …, "refused": …}.
 */
#include <assert.h>
#include <curl/curl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/deliveries/body.h"
#include "common/deliveries/sign.h"

#define APPS_MAX 64
#define PARALLEL_MAX 64
#define NAME_MAX_BYTES 64
#define URL_MAX_BYTES 256

struct wishes {
    char url[URL_MAX_BYTES];
    const char *key;
    int64_t count, parallel, apps, bytes;
};

/* One request, ready to go. */
struct letter {
    struct buf body;
    struct curl_slist *headers;
};

struct poster {
    const struct wishes *wishes;
    struct letter *letters;
    int64_t next, done, refused;
};

/* ---- before the clock starts ------------------------------------------------------------------------------------- */

static void write_body(struct letter *letter, const struct wishes *wishes, int64_t number, const char *path,
                       struct content_facts *facts)
{
    struct buf content = BUF_INIT;
    struct content reading;
    char repository_id[NAME_MAX_BYTES];
    buf_addf(&content, "%08" PRId64 " ", number);
    while ((int64_t)content.len < wishes->bytes)
        buf_add_char(&content, 'x');
    content_init(&reading);
    content_add(&reading, content.data, content.len);
    content_end(&reading, facts);
    content_fini(&reading);
    snprintf(repository_id, sizeof repository_id, "repo_%024" PRIx64, 0xb000 + number % wishes->apps);
    body_add(&letter->body,
             &(struct body_message){.verb = VERB_CREATE,
                                    .repository = {repository_id, "https://example.org/owner/name", "owner", "name"},
                                    .path = path,
                                    .sha = facts->sha,
                                    .size = facts->size,
                                    .kind = facts->kind,
                                    .commit_sha = "c1",
                                    .timestamp_us = clock_wall_us()},
             content.data, content.len);
    buf_fini(&content);
}

static void write_letter(struct letter *letter, const struct wishes *wishes, int64_t number)
{
    char app_id[NAME_MAX_BYTES], path[NAME_MAX_BYTES], signature[SIGN_VALUE_MAX], idempotency_key[SIGN_KEY_MAX];
    struct content_facts facts;
    int64_t now_s = clock_wall_us() / 1000000;
    snprintf(app_id, sizeof app_id, "app_%024" PRIx64, 0xb000 + number % wishes->apps);
    snprintf(path, sizeof path, "d%03" PRId64 "/f%06" PRId64 ".txt", number / 100, number);
    write_body(letter, wishes, number, path, &facts);
    sign_body(wishes->key, now_s, letter->body.data, letter->body.len, signature);
    sign_idempotency_key(&(struct sign_request){"op_bench/1", VERB_CREATE, path, facts.sha, 0}, idempotency_key);
    struct sign_headers headers;
    sign_headers_init(&headers, &(struct sign_stamp){SIGN_PREFIX_DEFAULT, app_id, now_s, signature, idempotency_key});
    for (int i = 0; headers.list[i] != NULL; i++)
        letter->headers = curl_slist_append(letter->headers, headers.list[i]);
    letter->headers = curl_slist_append(letter->headers, "Expect:");
}

/* ---- posting ----------------------------------------------------------------------------------------------------- */

static size_t ignore(char *bytes, size_t size, size_t count, void *context)
{
    (void)bytes, (void)context;
    return size * count;
}

static CURL *new_handle(const struct wishes *wishes)
{
    CURL *easy = curl_easy_init();
    assert(easy != NULL);
    curl_easy_setopt(easy, CURLOPT_URL, wishes->url);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, ignore);
    return easy;
}

static void send_next(struct poster *poster, CURLM *multi, CURL *easy)
{
    const struct letter *letter = &poster->letters[poster->next++];
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, letter->headers);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, letter->body.data);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)letter->body.len);
    curl_multi_add_handle(multi, easy);
}

static void take_answers(struct poster *poster, CURLM *multi)
{
    int left;
    for (CURLMsg *message; (message = curl_multi_info_read(multi, &left)) != NULL;) {
        CURL *easy = message->easy_handle;
        long status = 0;
        if (message->data.result == CURLE_OK)
            curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        poster->done++;
        poster->refused += status < 200 || status > 299;
        curl_multi_remove_handle(multi, easy);
        if (poster->next < poster->wishes->count)
            send_next(poster, multi, easy);
    }
}

static void post_all(struct poster *poster)
{
    CURLM *multi = curl_multi_init();
    CURL *handles[PARALLEL_MAX];
    int64_t used = 0;
    for (; used < poster->wishes->parallel && used < poster->wishes->count; used++) {
        handles[used] = new_handle(poster->wishes);
        send_next(poster, multi, handles[used]);
    }
    while (poster->done < poster->wishes->count) {
        int running;
        curl_multi_perform(multi, &running);
        take_answers(poster, multi);
        curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
    for (int64_t i = 0; i < used; i++)
        curl_easy_cleanup(handles[i]);
    curl_multi_cleanup(multi);
}

/* ---- the program ------------------------------------------------------------------------------------------------- */

static bool read_number(const char *text, int64_t most, int64_t *number)
{
    char *end = NULL;
    *number = strtoll(text, &end, 10);
    return end != text && *end == '\0' && *number >= 1 && *number <= most;
}

static bool read_wishes(struct wishes *wishes, int argc, char **argv)
{
    if (argc != 7)
        return false;
    int needed = snprintf(wishes->url, sizeof wishes->url, "%s/create", argv[1]);
    wishes->key = argv[2];
    return needed > 0 && (size_t)needed < sizeof wishes->url && read_number(argv[3], 1000000, &wishes->count) &&
           read_number(argv[4], PARALLEL_MAX, &wishes->parallel) && read_number(argv[5], APPS_MAX, &wishes->apps) &&
           read_number(argv[6], 1000000, &wishes->bytes);
}

int main(int argc, char **argv)
{
    struct wishes wishes;
    if (!read_wishes(&wishes, argc, argv)) {
        fputs("usage: bench_poster BASE_URL KEY COUNT PARALLEL APPS BYTES\n", stderr);
        return 2;
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    struct poster poster = {.wishes = &wishes, .letters = mem_array((size_t)wishes.count, sizeof(struct letter))};
    for (int64_t i = 0; i < wishes.count; i++)
        write_letter(&poster.letters[i], &wishes, i);
    int64_t begun_us = clock_mono_us();
    post_all(&poster);
    int64_t took_us = clock_mono_us() - begun_us;
    printf("{\"seconds\": %.6f, \"requests\": %" PRId64 ", \"refused\": %" PRId64 "}\n", (double)took_us / 1e6,
           poster.done, poster.refused);
    for (int64_t i = 0; i < wishes.count; i++) {
        buf_fini(&poster.letters[i].body);
        curl_slist_free_all(poster.letters[i].headers);
    }
    free(poster.letters);
    curl_global_cleanup();
    return 0;
}
