/*
 * The blocking client. Any trouble on the wire ends the connection: the reply that was waited for may still come, and
 * would be taken for that of the next command.
 */
#include "common/store/redis.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "common/base/clock.h"
#include "common/base/mem.h"

struct redis {
    const struct redis_address *address;
    int64_t connect_ms, command_ms;
    redisContext *context;      /* NULL = not connected */
    struct redis_args *scratch; /* the vector that is sent, where it is not the caller's own */
};

struct redis *redis_new(const struct redis_address *address, int64_t connect_ms, int64_t command_ms)
{
    assert(connect_ms > 0 && command_ms > 0);
    struct redis *redis = mem_zalloc(sizeof *redis);
    redis->address = address;
    redis->connect_ms = connect_ms;
    redis->command_ms = command_ms;
    redis->scratch = redis_args_new();
    return redis;
}

static void redis_close(struct redis *redis)
{
    if (redis->context)
        redisFree(redis->context);
    redis->context = NULL;
}

void redis_drop(struct redis *redis)
{
    if (!redis)
        return;
    redis_close(redis);
    redis_args_drop(redis->scratch);
    free(redis);
}

/* ---- one exchange ------------------------------------------------------------------------------------------------ */

static struct timeval timeval_of(int64_t ms)
{
    return (struct timeval){.tv_sec = ms / CLOCK_MS_PER_S, .tv_usec = (ms % CLOCK_MS_PER_S) * 1000};
}

/* The first word of an error reply is its code: "WRONGTYPE Operation against …". */
static bool has_code(const redisReply *reply, const char *code)
{
    const char *text = redis_text(reply);
    size_t len = strlen(code);
    return reply->type == REDIS_REPLY_ERROR && strncmp(text, code, len) == 0 && (text[len] == ' ' || text[len] == '\0');
}

/* The connection is of no use any more: says why, and closes it. */
static enum err exchange_failed(struct redis *redis, struct err_info *error)
{
    redisContext *context = redis->context;
    /* A read or write that took too long; the words for that errno would be odd. */
    if (context->err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK))
        err_set(error, ERR_UNREACHABLE, "Redis: no answer within %" PRId64 " ms", redis->command_ms);
    else
        err_set(error, ERR_UNREACHABLE, "Redis: %s", context->errstr);
    redis_close(redis);
    return ERR_UNREACHABLE;
}

static enum err append(struct redis *redis, struct redis_args *args, struct err_info *error)
{
    if (redisAppendCommandArgv(redis->context, redis_args_count(args), redis_args_values(args),
                               redis_args_lengths(args)) == REDIS_OK)
        return ERR_OK;
    return exchange_failed(redis, error);
}

static bool send_all(redisContext *context)
{
    int done = 0;
    while (done == 0)
        if (redisBufferWrite(context, &done) != REDIS_OK)
            return false;
    return true;
}

static enum err refuse_reply(struct redis *redis, struct err_info *error)
{
    redis_close(redis);
    return err_set(
        error, ERR_PERMANENT,
        "Redis: a reply of more than %d MiB, which is nothing that Reprise wrote there: look for it (redis-cli "
        "--memkeys), and who may write to Redis",
        REDIS_REPLY_MAX / (1024 * 1024));
}

/* Sends what was appended and waits for the next reply, of whatever type. hiredis would collect it however long it is.
 * On failure the connection is closed. */
static enum err receive(struct redis *redis, redisReply **reply, struct err_info *error)
{
    redisContext *context = redis->context;
    void *whole = NULL;
    size_t before = 0, collected = 0;
    if (!send_all(context))
        return exchange_failed(redis, error);
    for (;;) {
        if (redisGetReplyFromReader(context, &whole) != REDIS_OK)
            return exchange_failed(redis, error);
        *reply = whole;
        if (whole != NULL)
            return ERR_OK;
        if (collected > REDIS_REPLY_MAX)
            return refuse_reply(redis, error);
        before = context->reader->len;
        if (redisBufferRead(context) != REDIS_OK)
            return exchange_failed(redis, error);
        collected += context->reader->len > before ? context->reader->len - before : 0;
    }
}

/* On success there is a reply; else the connection is closed. */
static enum err exchange(struct redis *redis, struct redis_args *args, redisReply **reply, struct err_info *error)
{
    enum err err = append(redis, args, error);
    return err == ERR_OK ? receive(redis, reply, error) : err;
}

/* ---- connecting -------------------------------------------------------------------------------------------------- */

static redisContext *open_context(const struct redis *redis)
{
    const struct redis_address *address = redis->address;
    struct timeval limit = timeval_of(redis->connect_ms);
    return address->unix_path ? redisConnectUnixWithTimeout(address->unix_path, limit)
                              : redisConnectWithTimeout(address->host, address->port, limit);
}

/* A step of the login. Of a refusal only the code is told: servers that do not know AUTH repeat its arguments. */
static enum err connection_greet(struct redis *redis, const char *step, struct err_info *error)
{
    redisReply *reply;
    enum err err = exchange(redis, redis->scratch, &reply, error);
    if (err != ERR_OK)
        return err;
    if (reply->type == REDIS_REPLY_ERROR) {
        const char *text = redis_text(reply);
        err = err_set(error, ERR_UNREACHABLE, "Redis: %s was refused: %.*s", step, (int)strcspn(text, " "), text);
        redis_close(redis);
    }
    freeReplyObject(reply);
    return err;
}

static enum err log_in(struct redis *redis, struct err_info *error)
{
    const struct redis_address *address = redis->address;
    enum err err = ERR_OK;
    if (address->password) {
        redis_args_reset(redis->scratch);
        redis_arg(redis->scratch, "AUTH");
        if (address->user)
            redis_arg(redis->scratch, address->user);
        redis_arg(redis->scratch, address->password);
        err = connection_greet(redis, "AUTH", error);
    }
    if (err == ERR_OK && address->database != 0) {
        redis_args_reset(redis->scratch);
        redis_arg(redis->scratch, "SELECT");
        redis_arg_int(redis->scratch, address->database);
        err = connection_greet(redis, "SELECT", error);
    }
    return err;
}

static enum err make_connection(struct redis *redis, struct err_info *error)
{
    redisContext *context = open_context(redis);
    redis->context = context;
    const char *why = !context ? "out of memory" : context->err ? context->errstr : NULL;
    if (!why && redisSetTimeout(context, timeval_of(redis->command_ms)) != REDIS_OK)
        why = context->errstr;
    enum err err = ERR_OK;
    if (why && redis->address->unix_path)
        err = err_set(error, ERR_UNREACHABLE, "Redis: %s (%s)", why, redis->address->unix_path);
    else if (why)
        err = err_set(error, ERR_UNREACHABLE, "Redis: %s (%s:%d)", why, redis->address->host, redis->address->port);
    else if (redis->address->tls)
        err = redis_tls_start(context, redis->address->host, error);
    if (err == ERR_OK)
        err = log_in(redis, error);
    if (err != ERR_OK)
        redis_close(redis);
    return err;
}

/* Redis sends nothing unasked: a socket that can be read between commands has been closed by the other side. */
static bool has_ended(const redisContext *context)
{
    struct pollfd waiting = {.fd = context->fd, .events = POLLIN, .revents = 0};
    char byte;
    return context->err || (poll(&waiting, 1, 0) > 0 && recv(context->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0);
}

enum err redis_ready(struct redis *redis, struct err_info *error)
{
    if (redis->context && has_ended(redis->context))
        redis_close(redis);
    return redis->context ? ERR_OK : make_connection(redis, error);
}

/* ---- commands ---------------------------------------------------------------------------------------------------- */

static enum err class_of(const redisReply *reply)
{
    static const char *const PASSING[] = {"LOADING", "BUSY",     "TRYAGAIN", "CLUSTERDOWN", "MASTERDOWN",
                                          "OOM",     "READONLY", "MISCONF",  "NOREPLICAS"};
    for (size_t i = 0; i < sizeof PASSING / sizeof *PASSING; i++) {
        if (has_code(reply, PASSING[i]))
            return ERR_RETRY;
    }
    return ERR_PERMANENT;
}

/* Judges a reply; takes it. `what` names the command or script. */
static enum err take_reply(redisReply *reply, const char *what, redisReply **out, struct err_info *error)
{
    enum err err = ERR_OK;
    if (reply->type == REDIS_REPLY_ERROR)
        err = err_set(error, class_of(reply), "Redis: %s: %s", what, redis_text(reply));
    if (err == ERR_OK && out)
        *out = reply;
    else
        freeReplyObject(reply);
    return err;
}

enum err redis_run(struct redis *redis, struct redis_args *args, redisReply **reply, struct err_info *error)
{
    assert(redis_args_count(args) > 0);
    redisReply *answer;
    enum err err = redis_ready(redis, error);
    if (err == ERR_OK)
        err = exchange(redis, args, &answer, error);
    if (err != ERR_OK)
        return err;
    char command[32];
    snprintf(command, sizeof command, "%.*s", (int)redis_args_lengths(args)[0], redis_args_values(args)[0]);
    return take_reply(answer, command, reply, error);
}

/* `verb` script count key… arg… into scratch. */
static void build_call(struct redis *redis, const char *verb, const char *script, int keys, struct redis_args *args)
{
    redis_args_reset(redis->scratch);
    redis_arg(redis->scratch, verb);
    redis_arg(redis->scratch, script);
    redis_arg_int(redis->scratch, keys);
    const char **values = redis_args_values(args);
    for (int i = 0; i < redis_args_count(args); i++)
        redis_arg_len(redis->scratch, values[i], redis_args_lengths(args)[i]);
}

enum err redis_run_script(struct redis *redis, const struct lua *script, int keys, struct redis_args *args,
                          redisReply **reply, struct err_info *error)
{
    assert(keys >= 0 && keys <= redis_args_count(args));
    redisReply *answer;
    enum err err = redis_ready(redis, error);
    if (err != ERR_OK)
        return err;
    build_call(redis, "EVALSHA", redis_script_sha(script), keys, args);
    err = exchange(redis, redis->scratch, &answer, error);
    if (err == ERR_OK && has_code(answer, "NOSCRIPT")) {
        /* EVAL runs it and keeps it for the next EVALSHA. */
        freeReplyObject(answer);
        build_call(redis, "EVAL", script->text, keys, args);
        err = exchange(redis, redis->scratch, &answer, error);
    }
    return err ? err : take_reply(answer, script->name, reply, error);
}

/* Reads the replies of redis_run_scripts. `again[i]`: Redis does not know the script. Returns whether the connection
 * holds;
 * `*first` is the first error. */
static bool read_script_replies(struct redis *redis, const struct lua *script, bool *again, size_t count,
                                enum err *first, struct err_info *error)
{
    for (size_t i = 0; i < count; i++) {
        redisReply *answer = NULL;
        struct err_info why = {0};
        enum err received = receive(redis, &answer, error);
        if (received != ERR_OK) {
            *first = received;
            return false;
        }
        again[i] = has_code(answer, "NOSCRIPT");
        enum err err = again[i] ? ERR_OK : take_reply(answer, script->name, NULL, &why);
        if (again[i])
            freeReplyObject(answer);
        if (err != ERR_OK && *first == ERR_OK) {
            *first = err;
            *error = why;
        }
    }
    return true;
}

enum err redis_run_scripts(struct redis *redis, const struct lua *script, int keys, struct redis_args *const *args,
                           size_t count, struct err_info *error)
{
    bool *again = mem_array(count + 1, sizeof *again);
    enum err err = redis_ready(redis, error);
    for (size_t i = 0; err == ERR_OK && i < count; i++) {
        build_call(redis, "EVALSHA", redis_script_sha(script), keys, args[i]);
        err = append(redis, redis->scratch, error);
    }
    bool holds = err == ERR_OK && read_script_replies(redis, script, again, count, &err, error);
    for (size_t i = 0; holds && i < count; i++) {
        struct err_info why = {0};
        enum err once = again[i] ? redis_run_script(redis, script, keys, args[i], NULL, &why) : ERR_OK;
        if (once != ERR_OK && err == ERR_OK) {
            err = once;
            *error = why;
        }
    }
    free(again);
    return err;
}
