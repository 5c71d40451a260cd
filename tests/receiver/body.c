#include "tests/receiver/body.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/base/crypto.h"
#include "common/base/json.h"
#include "tests/receiver/base64.h"

#define BODY_MAX (256u * 1024 * 1024)
#define CHUNKED_ABOVE INT64_C(1048576)
#define PIECE_CHARS INT64_C(524288)
#define PIECE_BYTES INT64_C(393216)

static bool refuse(char why[DELIVERY_WHY_MAX], const char *what, const char *where)
{
    (void)snprintf(why, DELIVERY_WHY_MAX, "%s%s%.100s", what, where[0] ? ": " : "", where);
    return false;
}

/* '0' stands for a digit, 'x' for a lower-case hex digit, all else for itself. */
static bool matches(const char *text, const char *pattern)
{
    for (; *pattern && *text; pattern++, text++) {
        bool fits = *pattern == '0'   ? isdigit((unsigned char)*text) != 0
                    : *pattern == 'x' ? *text != '\0' && strchr("0123456789abcdef", *text) != NULL
                                      : *pattern == *text;
        if (!fits)
            return false;
    }
    return *pattern == '\0' && *text == '\0';
}

#define TIME_PATTERN "0000-00-00T00:00:00.000Z"
#define UUID_PATTERN "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
#define SHA_PATTERN "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

enum kind { TEXT, NUMBER, OBJECT };
struct member {
    const char *key;
    enum kind kind;
    enum { OPTIONAL, REQUIRED } need;
    const char *pattern; /* of a text; NULL = any */
};

static const struct member repository_members[] = {
    {"repository_id", TEXT, REQUIRED, NULL},
    {"github_url", TEXT, REQUIRED, NULL},
    {"owner", TEXT, REQUIRED, NULL},
    {"name", TEXT, REQUIRED, NULL},
    {0},
};
static const struct member file_members[] = {
    {"path", TEXT, REQUIRED, NULL},
    {"sha", TEXT, REQUIRED, SHA_PATTERN},
    {"size", NUMBER, REQUIRED, NULL},
    {"content", TEXT, REQUIRED, NULL},
    {"content_encoding", TEXT, OPTIONAL, "base64"},
    {"chunk", OBJECT, OPTIONAL, NULL},
    {0},
};
static const struct member gone_file_members[] = {{"path", TEXT, REQUIRED, NULL}, {"sha", TEXT, REQUIRED, NULL}, {0}};
static const struct member chunk_members[] = {
    {"id", TEXT, REQUIRED, UUID_PATTERN}, {"index", NUMBER, REQUIRED, NULL}, {"total", NUMBER, REQUIRED, NULL}, {0}};
static const struct member create_members[] = {
    {"repository", OBJECT, REQUIRED, NULL},
    {"file", OBJECT, REQUIRED, NULL},
    {"commit_sha", TEXT, REQUIRED, NULL},
    {"timestamp", TEXT, REQUIRED, TIME_PATTERN},
    {0},
};
static const struct member update_members[] = {
    {"repository", OBJECT, REQUIRED, NULL},        {"file", OBJECT, REQUIRED, NULL},
    {"commit_sha", TEXT, REQUIRED, NULL},          {"timestamp", TEXT, REQUIRED, TIME_PATTERN},
    {"previous_sha", TEXT, REQUIRED, SHA_PATTERN}, {0},
};
static const struct member sync_failed_members[] = {
    {"event", TEXT, REQUIRED, "sync_failed"},
    {"repository", OBJECT, REQUIRED, NULL},
    {"error", OBJECT, REQUIRED, NULL},
    {"circuit_breaker", OBJECT, REQUIRED, NULL},
    {"retry_count", NUMBER, REQUIRED, NULL},
    {"timestamp", TEXT, REQUIRED, TIME_PATTERN},
    {0},
};
static const struct member error_members[] = {
    {"type", TEXT, REQUIRED, "git_failure"}, {"message", TEXT, REQUIRED, NULL}, {0}};
static const struct member breaker_members[] = {
    {"status", TEXT, REQUIRED, "open"},
    {"consecutive_failures", NUMBER, REQUIRED, NULL},
    {"threshold", NUMBER, REQUIRED, NULL},
    {"cooldown_until", TEXT, REQUIRED, TIME_PATTERN},
    {0},
};

static const struct member *const members_of[VERB_COUNT] = {
    [VERB_DELETE] = create_members,
    [VERB_CREATE] = create_members,
    [VERB_UPDATE] = update_members,
    [VERB_SYNC_FAILED] = sync_failed_members,
};

static const enum json_type type_of[] = {
    [TEXT] = json_type_string, [NUMBER] = json_type_int, [OBJECT] = json_type_object};

/* The object has exactly these members, in any order. */
static bool has_shape(struct json_object *object, const struct member *members, char why[DELIVERY_WHY_MAX])
{
    if (!json_object_is_type(object, json_type_object))
        return refuse(why, "not an object", "");
    int found = 0;
    for (; members->key; members++) {
        struct json_object *value = json_get(object, members->key);
        if (!value && members->need == OPTIONAL)
            continue;
        if (!value || !json_object_is_type(value, type_of[members->kind]))
            return refuse(why, "missing or of another type", members->key);
        if (members->pattern && !matches(json_object_get_string(value), members->pattern))
            return refuse(why, "malformed", members->key);
        found++;
    }
    return found == json_object_object_length(object) || refuse(why, "a key that the format does not have", "");
}

static const char *text_of(struct json_object *object, const char *key)
{
    const char *text = json_get_string(object, key);
    return text ? text : "";
}

/* What the log wants to know even of a body that is refused. */
static void fill_in(struct delivery *delivery, struct json_object *root)
{
    struct json_object *file = json_get(root, "file"), *chunk = json_get(file, "chunk");
    delivery->repository_id = text_of(json_get(root, "repository"), "repository_id");
    delivery->commit_sha = text_of(root, "commit_sha");
    delivery->previous_sha = text_of(root, "previous_sha");
    delivery->path = text_of(file, "path");
    delivery->sha = text_of(file, "sha");
    delivery->size = json_get_int(file, "size", 0);
    delivery->chunk_id = text_of(chunk, "id");
    delivery->index = json_get_int(chunk, "index", 0);
    delivery->total = json_get_int(chunk, "total", 0);
}

static bool digest_fits(const struct delivery *delivery, char why[DELIVERY_WHY_MAX])
{
    uint8_t sha[SHA256_BYTES];
    char hex[SHA256_HEX + 1];
    if ((int64_t)delivery->content_len != delivery->size)
        return refuse(why, "size is not that of the content", "");
    crypto_sha256(delivery->content, delivery->content_len, sha);
    crypto_hex(sha, sizeof sha, hex);
    return strcmp(hex, delivery->sha) == 0 || refuse(why, "sha is not that of the content", "");
}

static bool is_text(const void *bytes, size_t len)
{
    return (len == 0 || !memchr(bytes, 0, len)) && json_is_utf8(bytes, len);
}

static bool piece_fits(const struct delivery *delivery, char why[DELIVERY_WHY_MAX])
{
    int64_t pieces = (delivery->size - 1) / PIECE_BYTES + 1;
    if (delivery->size <= CHUNKED_ABOVE)
        return refuse(why, "chunked, but too small for that", "");
    if (delivery->total != pieces || delivery->index < 0 || delivery->index >= pieces)
        return refuse(why, "chunk index or total does not go with the size", "");
    int64_t expected = delivery->index < pieces - 1 ? PIECE_BYTES : delivery->size - delivery->index * PIECE_BYTES;
    return (int64_t)delivery->content_len == expected || refuse(why, "a piece of the wrong length", "");
}

static bool read_binary(struct body *body, struct json_object *content, struct delivery *delivery,
                        char why[DELIVERY_WHY_MAX])
{
    size_t chars = (size_t)json_object_get_string_len(content);
    if (!base64_add_decoded(&body->decoded, json_object_get_string(content), chars))
        return refuse(why, "content is not base 64", "");
    delivery->content = body->decoded.data;
    delivery->content_len = body->decoded.len;
    if (delivery->chunk_id[0])
        return piece_fits(delivery, why);
    if (delivery->size > CHUNKED_ABOVE)
        return refuse(why, "a binary file above 1 MiB that is not chunked", "");
    if (!digest_fits(delivery, why))
        return false;
    return !is_text(delivery->content, delivery->content_len) || refuse(why, "text sent as base 64", "");
}

static bool read_file(struct body *body, struct json_object *file, struct delivery *delivery,
                      char why[DELIVERY_WHY_MAX])
{
    struct json_object *chunk = json_get(file, "chunk"), *content = json_get(file, "content");
    if (!has_shape(file, file_members, why) || (chunk && !has_shape(chunk, chunk_members, why)))
        return false;
    if (json_get(file, "content_encoding"))
        return read_binary(body, content, delivery, why);
    if (chunk)
        return refuse(why, "text that is chunked", "");
    delivery->content = json_object_get_string(content);
    delivery->content_len = (size_t)json_object_get_string_len(content);
    return digest_fits(delivery, why);
}

/* It becomes the name of a directory. */
static bool is_safe_id(const char *text)
{
    size_t len = strlen(text);
    return len > 0 && len <= 64 &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == len;
}

static bool read_rest(struct body *body, struct delivery *delivery, char why[DELIVERY_WHY_MAX])
{
    struct json_object *file = json_get(body->root, "file");
    if (!is_safe_id(delivery->repository_id))
        return refuse(why, "malformed", "repository_id");
    if (delivery->verb == VERB_SYNC_FAILED)
        return has_shape(json_get(body->root, "error"), error_members, why) &&
               has_shape(json_get(body->root, "circuit_breaker"), breaker_members, why);
    if (delivery->path[0] == '\0')
        return refuse(why, "an empty path", "");
    if (delivery->verb != VERB_DELETE)
        return read_file(body, file, delivery, why);
    if (!has_shape(file, gone_file_members, why))
        return false;
    return delivery->sha[0] == '\0' || matches(delivery->sha, SHA_PATTERN) || refuse(why, "malformed", "sha");
}

bool body_read(struct body *body, const char *bytes, size_t len, struct delivery *delivery, char why[DELIVERY_WHY_MAX])
{
    struct err_info error = {0};
    if (json_parse(bytes, len, (struct json_limits){BODY_MAX, 8}, &body->root, &error) != ERR_OK)
        return refuse(why, "not JSON", error.text);
    fill_in(delivery, body->root);
    return has_shape(body->root, members_of[delivery->verb], why) &&
           has_shape(json_get(body->root, "repository"), repository_members, why) && read_rest(body, delivery, why);
}

void body_reset(struct body *body)
{
    json_object_put(body->root);
    body->root = NULL;
    buf_reset(&body->decoded);
}

void body_fini(struct body *body)
{
    body_reset(body);
    buf_fini(&body->decoded);
}
