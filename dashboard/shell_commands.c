/*
 * Makes the lines of "the same by hand" (run_operations.c puts them into the answer of an operation). Each line must do
 * just what the operation did: the same arguments in the form that `producer run` reads, a dry run as a dry run, the
 * keys of this installation's Redis. Nothing of an argument may reach a shell unquoted.
 */
#include "dashboard/shell_commands.h"

#include <json-c/linkhash.h>
#include <stdbool.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/json.h"

#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=,@%+"

/* One word as POSIX shells read it: as it is where no character of it means anything to them, else in single quotes. */
static void add_word(struct buf *line, const char *word)
{
    if (*word != '\0' && word[strspn(word, PLAIN)] == '\0') {
        buf_add_str(line, word);
        return;
    }
    buf_add_char(line, '\'');
    for (; *word != '\0'; word++)
        if (*word == '\'')
            buf_add_str(line, "'\\''");
        else
            buf_add_char(line, *word);
    buf_add_char(line, '\'');
}

static void add_words(struct buf *line, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (line->len > 0)
            buf_add_char(line, ' ');
        add_word(line, *words);
    }
}

static void add_line(struct json_object *lines, struct buf *line)
{
    json_object_array_add(lines, json_object_new_string_len(line->data, (int)line->len));
    buf_fini(line);
}

/* ---- producer run ------------------------------------------------------------------------------------------------ */

/* An array as `producer run` reads one: its elements with commas between them. */
static void add_value(struct buf *word, struct json_object *value)
{
    if (!json_object_is_type(value, json_type_array)) {
        buf_add_str(word, json_object_get_string(value));
        return;
    }
    for (size_t i = 0; i < json_object_array_length(value); i++) {
        if (i > 0)
            buf_add_char(word, ',');
        buf_add_str(word, json_object_get_string(json_object_array_get_idx(value, i)));
    }
}

static void add_arguments(struct buf *line, struct json_object *args)
{
    if (!json_object_is_type(args, json_type_object))
        return;
    json_object_object_foreach(args, name, value)
    {
        struct buf word = BUF_INIT;
        if (value == NULL)
            continue; /* not given */
        buf_addf(&word, "%s=", name);
        add_value(&word, value);
        add_words(line, (const char *const[]){word.data, NULL});
        buf_fini(&word);
    }
}

static void add_run(struct json_object *lines, struct json_object *operation)
{
    struct buf line = BUF_INIT;
    add_words(&line, (const char *const[]){"producer", "run", json_get_string(operation, "definition"), NULL});
    add_arguments(&line, json_get(operation, "args"));
    if (json_get_bool(operation, "dry_run", false))
        buf_add_str(&line, " --dry-run");
    add_line(lines, &line);
}

/* ---- redis-cli --------------------------------------------------------------------------------------------------- */

/* The options of redis-cli for the place that the URL names. */
static void add_place(struct buf *line, const char *url)
{
    static const char unix_scheme[] = "unix://";
    const char *authority = strstr(url, "://"), *at = strrchr(url, '@');
    struct buf bare = BUF_INIT;
    if (strncmp(url, unix_scheme, strlen(unix_scheme)) == 0) {
        const char *path = url + strlen(unix_scheme);
        buf_add(&bare, path, strcspn(path, "?"));
        add_words(line, (const char *const[]){"-s", bare.data, NULL});
    } else if (authority != NULL && at != NULL) {
        const char *user = authority + 3;
        size_t user_len = strcspn(user, ":@");
        buf_add(&bare, user, user_len);
        if (user_len > 0)
            add_words(line, (const char *const[]){"--user", bare.data, NULL});
        buf_reset(&bare);
        buf_add(&bare, url, (size_t)(user - url));
        buf_add_str(&bare, at + 1);
        add_words(line, (const char *const[]){"--askpass", "-u", bare.data, NULL});
    } else {
        add_words(line, (const char *const[]){"-u", url, NULL});
    }
    buf_fini(&bare);
}

static void add_hash(struct json_object *lines, const char *operation_id, struct shell_redis redis)
{
    struct buf line = BUF_INIT, key = BUF_INIT;
    buf_addf(&key, "%s:op:%s", redis.prefix, operation_id);
    buf_add_str(&line, "redis-cli");
    add_place(&line, redis.url);
    add_words(&line, (const char *const[]){"HGETALL", key.data, NULL});
    buf_fini(&key);
    add_line(lines, &line);
}

struct json_object *shell_commands(struct json_object *operation, struct shell_redis redis)
{
    struct json_object *lines = json_object_new_array();
    const char *id = json_get_string(operation, "operation_id");
    struct buf progress = BUF_INIT, outcomes = BUF_INIT;
    add_run(lines, operation);
    add_words(&progress, (const char *const[]){"producer", "progress", id, "--watch", NULL});
    add_line(lines, &progress);
    add_words(&outcomes, (const char *const[]){"producer", "outcomes", id, "--failed", NULL});
    add_line(lines, &outcomes);
    add_hash(lines, id, redis);
    return lines;
}
