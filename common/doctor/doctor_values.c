/*
 * A walk over our keys in Redis: their values (I10), their size (I9), and keys that no program will look at again; and
 * the marks of well-known secrets, also as a pattern for PostgreSQL. A search for marks is no proof: that no code
 * writes a secret is the real guard. Called by doctor_checkup.c.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/doctor/doctor_private.h"
#include "common/queue/dispatch.h"
#include "embedded/lua.h"

#define STEPS_MAX 40 /* of the walk, where it is not deep */
#define KEYS_A_STEP 500
#define ENTRIES_A_LIST 1000
#define ENTRY_LOOKED_AT 16384 /* bytes of it */
#define STRING_LAST "65535"
/* Bounds on what one key may take: an operation's fixed fields, with phases and a long subject; a chunk with what a
 * list needs beside it. An inbox item is whatever a client sent. */
#define HASH_BYTES_MAX (64 * 1024)
#define ENTRY_BYTES_MAX 512
#define LIST_BYTES_ROOM (16 * 1024)

struct walk {
    struct doctor *doctor;
    struct redis_args *args;
    const char *key;  /* the whole name … */
    const char *name; /* … and what follows the prefix and its colon */
    size_t len;
};

/* A command of up to three words on the key, which stands after the first. NULL where it fails in a way that only
 * concerns the key (gone meanwhile, of another type). */
static enum err key_ask(struct walk *w, const char *command, const char *second, const char *third, redisReply **reply,
                        struct err_info *error)
{
    redis_args_reset(w->args);
    if (strcmp(command, "USAGE") == 0)
        redis_arg(w->args, "MEMORY");
    redis_arg(w->args, command);
    redis_arg_len(w->args, w->key, w->len);
    if (second != NULL)
        redis_arg(w->args, second);
    if (third != NULL)
        redis_arg(w->args, third);
    *reply = NULL;
    enum err err = redis_run(w->doctor->redis, w->args, reply, error);
    return err == ERR_PERMANENT ? ERR_OK : err;
}

static void look_for_secrets(struct walk *w, const redisReply *value)
{
    const char *mark = NULL;
    for (size_t i = 0; i < redis_count(value); i++)
        look_for_secrets(w, redis_item(value, i));
    if (value != NULL && value->type == REDIS_REPLY_STRING && doctor_looks_secret(value->str, value->len, &mark))
        doctor_say(w->doctor, &(struct finding_on){10, DOCTOR_VIOLATION, DOCTOR_LEAVE, w->key, 0},
                   "holds something that looks like a secret: %s", mark);
}

/* `samples`: how many elements are measured; the rest is taken to be like them. "0" = all. */
static enum err check_bytes(struct walk *w, int64_t most, const char *samples, struct err_info *error)
{
    redisReply *usage = NULL;
    enum err err = key_ask(w, "USAGE", "SAMPLES", samples, &usage, error);
    if (err == ERR_OK && redis_int(usage) > most)
        doctor_say(w->doctor, &(struct finding_on){9, DOCTOR_VIOLATION, DOCTOR_LEAVE, w->key, 0},
                   "takes %" PRId64 " bytes, more than %" PRId64, redis_int(usage), most);
    if (usage != NULL)
        freeReplyObject(usage);
    return err;
}

static bool has_field(const redisReply *hash, const char *field)
{
    for (size_t i = 0; i + 1 < redis_count(hash); i += 2)
        if (strcmp(redis_text(redis_item(hash, i)), field) == 0)
            return true;
    return false;
}

/* An operation's hash without a dispatch cursor was made by a client that wrote to an id that does not exist. */
static enum err check_hash(struct walk *w, struct err_info *error)
{
    redisReply *hash = NULL, *ttl = NULL;
    enum err err = key_ask(w, "HGETALL", NULL, NULL, &hash, error);
    if (err == ERR_OK)
        err = key_ask(w, "TTL", NULL, NULL, &ttl, error);
    look_for_secrets(w, hash);
    bool stray = strncmp(w->name, "op:", strlen("op:")) == 0 && redis_count(hash) > 0 && !has_field(hash, "gen");
    if (err == ERR_OK && stray && redis_int(ttl) == -1)
        doctor_say(w->doctor, &(struct finding_on){9, DOCTOR_WARNING, DOCTOR_EXPIRE, w->key, 0},
                   "is a stray hash without expiry: a client wrote to an operation that does not exist");
    if (err == ERR_OK)
        err = check_bytes(w, HASH_BYTES_MAX, "0", error);
    if (hash != NULL)
        freeReplyObject(hash);
    if (ttl != NULL)
        freeReplyObject(ttl);
    return err;
}

static enum err check_string(struct walk *w, struct err_info *error)
{
    redisReply *value = NULL;
    enum err err = key_ask(w, "GETRANGE", "0", STRING_LAST, &value, error);
    look_for_secrets(w, value);
    if (value != NULL)
        freeReplyObject(value);
    return err;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* A list of a worker that `workers` does not know is read by no program. */
static enum err check_owner(struct walk *w, struct err_info *error)
{
    if (!begins(w->name, "active:") && !begins(w->name, "inbox:active:"))
        return ERR_OK;
    redisReply *score = NULL;
    redis_args_reset(w->args);
    redis_arg(w->args, "ZSCORE");
    name_plain(w->args, w->doctor->prefix, "workers");
    redis_arg(w->args, strrchr(w->name, ':') + 1);
    enum err err = redis_run(w->doctor->redis, w->args, &score, error);
    if (err == ERR_OK && score->type == REDIS_REPLY_NIL)
        doctor_say(w->doctor, &(struct finding_on){6, DOCTOR_WARNING, DOCTOR_LEAVE, w->key, 0},
                   "belongs to a worker that is not known any more; no program reads it");
    if (score != NULL)
        freeReplyObject(score);
    return err;
}

/* Cut, for a client may have made them of any length. */
static enum err first_entries(struct walk *w, redisReply **entries, struct err_info *error)
{
    redis_args_reset(w->args);
    redis_arg_len(w->args, w->key, w->len);
    redis_arg_int(w->args, ENTRIES_A_LIST);
    redis_arg_int(w->args, ENTRIES_A_LIST);
    redis_arg_int(w->args, ENTRY_LOOKED_AT);
    enum err err = redis_run_script(w->doctor->redis, &lua_entries, 1, w->args, entries, error);
    return err == ERR_PERMANENT ? ERR_OK : err;
}

static enum err check_list(struct walk *w, struct err_info *error)
{
    redisReply *length = NULL, *entries = NULL;
    enum err err = key_ask(w, "LLEN", NULL, NULL, &length, error);
    if (err == ERR_OK)
        err = first_entries(w, &entries, error);
    look_for_secrets(w, entries);
    if (err == ERR_OK && !begins(w->name, "inbox"))
        err = check_bytes(w, redis_int(length) * ENTRY_BYTES_MAX + LIST_BYTES_ROOM, "5", error);
    if (err == ERR_OK)
        err = check_owner(w, error);
    if (length != NULL)
        freeReplyObject(length);
    if (entries != NULL)
        freeReplyObject(entries);
    return err;
}

static enum err check_key(struct walk *w, struct err_info *error)
{
    redisReply *type = NULL;
    enum err err = key_ask(w, "TYPE", NULL, NULL, &type, error);
    const char *word = redis_text(type);
    if (err == ERR_OK && strcmp(word, "hash") == 0)
        err = check_hash(w, error);
    else if (err == ERR_OK && strcmp(word, "list") == 0)
        err = check_list(w, error);
    else if (err == ERR_OK && strcmp(word, "string") == 0)
        err = check_string(w, error);
    if (type != NULL)
        freeReplyObject(type);
    return err;
}

/* One step: up to KEYS_A_STEP keys of the whole store are passed, ours among them are looked at. */
static enum err walk_step(struct walk *w, struct key_walk *keys_walk, struct err_info *error)
{
    struct dispatch dispatch = {w->doctor->redis, w->doctor->prefix};
    redisReply *reply = NULL;
    enum err err = dispatch_walk(&dispatch, keys_walk, &reply, error);
    const redisReply *keys = redis_item(reply, 1);
    for (size_t i = 0; i < redis_count(keys) && err == ERR_OK; i++) {
        w->key = redis_item(keys, i)->str;
        w->len = redis_item(keys, i)->len;
        w->name = w->key + strlen(w->doctor->prefix) + 1;
        err = check_key(w, error);
    }
    if (reply != NULL)
        freeReplyObject(reply);
    return err;
}

enum err doctor_values(struct doctor *doctor, struct err_info *error)
{
    struct walk walk = {.doctor = doctor, .args = redis_args_new()};
    struct key_walk keys = {"", KEYS_A_STEP, 0};
    enum err err = ERR_OK;
    int steps = 0;
    do {
        err = walk_step(&walk, &keys, error);
        steps++;
    } while (err == ERR_OK && keys.cursor != 0 && (doctor->options->depth == DOCTOR_DEEP || steps < STEPS_MAX));
    if (err == ERR_PERMANENT) { /* we may not */
        doctor_say(doctor, &(struct finding_on){10, DOCTOR_NOTE, DOCTOR_LEAVE, "", 0},
                   "the keys of Redis cannot be looked at: %s", error->text);
        err = ERR_OK;
    } else if (err == ERR_OK && keys.cursor != 0)
        doctor_say(doctor, &(struct finding_on){10, DOCTOR_NOTE, DOCTOR_LEAVE, "", 0},
                   "only the first %d keys of Redis were looked at", STEPS_MAX * KEYS_A_STEP);
    redis_args_drop(walk.args);
    return err;
}

/* ---- marks of secrets -------------------------------------------------------------------------------------------- */

/*
 * The marks of well-known secrets (I10): prefixes that the givers of tokens use, the form in which we seal, credentials
 * in a URL. A key without such a mark passes unseen; that no code puts one there is the real guard, this only notices
 * the obvious.
 */

static const char *const marks[] = {
    "ghp_",        "gho_",    "ghu_",    "ghs_",    "ghr_",           "github_pat_",     "glpat-",
    "xoxb-",       "sk-ant-", "Bearer ", "bearer ", "Authorization:", "client_auth_key", "x-access-token",
    "-----BEGIN ",
};
#define MARKS (sizeof marks / sizeof *marks)
/* `iv:tag:cipher`, as crypto_seal writes it, and "://name:password@". */
#define SEALED "[0-9a-f]{32}:[0-9a-f]{32}:[0-9a-f]{2}"
#define CREDENTIALS "://[^/@ ]+:[^/@ ]+@"
#define SEALED_PART 32

void doctor_secret_pattern(struct buf *out)
{
    for (size_t i = 0; i < MARKS; i++)
        buf_addf(out, "%s|", marks[i]);
    buf_addf(out, "%s|%s", SEALED, CREDENTIALS);
}

/* How many lower-case hex digits stand here. */
static size_t hex_run(const char *at, const char *end)
{
    size_t n = 0;
    while (at + n < end && (isdigit((unsigned char)at[n]) || (at[n] >= 'a' && at[n] <= 'f')))
        n++;
    return n;
}

static bool has_sealed(const char *bytes, size_t len)
{
    const char *end = bytes + len;
    for (const char *at = bytes; at < end; at++) {
        size_t iv = hex_run(at, end);
        const char *tag = at + iv + 1;
        if (iv >= SEALED_PART && tag < end && tag[-1] == ':' && hex_run(tag, end) == SEALED_PART) {
            const char *cipher = tag + SEALED_PART + 1;
            if (cipher < end && cipher[-1] == ':' && hex_run(cipher, end) >= 2)
                return true;
        }
        at += iv;
    }
    return false;
}

static bool has_credentials(const char *bytes, size_t len)
{
    const char *end = bytes + len;
    for (const char *at = memmem(bytes, len, "://", 3); at != NULL; at = memmem(at, (size_t)(end - at), "://", 3)) {
        at += 3;
        size_t name = 0;
        while (at + name < end && strchr("/@: \"", at[name]) == NULL)
            name++;
        if (name == 0 || at + name >= end || at[name] != ':')
            continue;
        const char *password = at + name + 1;
        size_t n = 0;
        while (password + n < end && strchr("/@ \"", password[n]) == NULL)
            n++;
        if (n > 0 && password + n < end && password[n] == '@')
            return true;
    }
    return false;
}

bool doctor_looks_secret(const char *bytes, size_t len, const char **mark)
{
    const char *found = NULL;
    for (size_t i = 0; i < MARKS && found == NULL; i++)
        if (memmem(bytes, len, marks[i], strlen(marks[i])) != NULL)
            found = marks[i];
    if (found == NULL && has_sealed(bytes, len))
        found = "a sealed secret";
    if (found == NULL && has_credentials(bytes, len))
        found = "a password in a URL";
    if (mark != NULL)
        *mark = found;
    return found != NULL;
}
