/*
 * Suspects, from list to verdict: an executor of the quarantine process splits a chunk until one job is left, and the
 * supervisor counts the crash of a job that died alone. No job is blamed that was not alone. Called by executor.c,
 * supervisor.c and crash_recovery.c.
 */
#include "worker/quarantine.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "embedded/sql_queue.h"

#define SPLIT_MAX 1000

/* ---- the process ------------------------------------------------------------------------------------------------- */

void quarantine_enter(struct process_state *process)
{
    process->quarantine = true;
    for (int q = 0; q < QUEUE_COUNT; q++)
        process->executors[q] = process->executors[q] > 0 ? 1 : 0;
}

bool quarantine_is_needed(struct redis *redis, const char *prefix)
{
    int64_t found = 0;
    enum err err = ERR_OK;
    for (int q = 0; q < QUEUE_COUNT && err == ERR_OK; q++) {
        struct redis_args *args = redis_args_new();
        struct err_info ignored = {0};
        redisReply *reply = NULL;
        redis_arg(args, "LLEN");
        name_suspects(args, prefix, q);
        err = redis_run(redis, args, &reply, &ignored);
        if (err == ERR_OK)
            found += redis_int(reply);
        if (reply != NULL)
            freeReplyObject(reply);
        redis_args_drop(args);
    }
    return found > 0;
}

enum err quarantine_count_crash(struct pg *pg, const char *text, struct err_info *error)
{
    struct chunk chunk;
    if (chunk_parse(text, strlen(text), &chunk, error) != ERR_OK || chunk.due || chunk.from != chunk.to)
        return ERR_OK;
    enum err err = pg_ready(pg, error);
    if (err != ERR_OK)
        return err;
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, chunk.operation_id);
    pg_arg_int8(args, chunk.from);
    err = pg_exec(pg, &sql_queue_count_crash, args, NULL, error);
    pg_args_drop(args);
    log_warn("job %s/%lld ended its process while it ran alone", chunk.operation_id, (long long)chunk.from);
    return err;
}

/* ---- its chunks -------------------------------------------------------------------------------------------------- */

static void piece_add(struct message *message, int64_t seq)
{
    struct chunk piece = {.generation = message->chunk.generation, .from = seq, .to = seq};
    memcpy(piece.operation_id, message->chunk.operation_id, sizeof piece.operation_id);
    memcpy(piece.by, message->chunk.by,
           sizeof piece.by); /* while it stands, what was set aside for that worker stays so */
    chunk_write(&piece);
    message->pieces = mem_grow(message->pieces, message->piece_count + 1, sizeof *message->pieces);
    message->pieces[message->piece_count++] = mem_strdup(piece.text);
}

/* The last piece inherits the place in the window, so that `out` stays right. */
static void last_piece_inherits_window(struct message *message)
{
    if (!message->chunk.window || message->piece_count == 0)
        return;
    struct chunk piece;
    struct err_info error = {0};
    char **last = &message->pieces[message->piece_count - 1];
    if (chunk_parse(*last, strlen(*last), &piece, &error) != ERR_OK)
        return;
    piece.window = true;
    chunk_write(&piece);
    free(*last);
    *last = mem_strdup(piece.text);
}

static enum err pieces_of_due(struct pg *pg, struct message *message, struct err_info *error)
{
    PGresult *seqs = NULL;
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, message->chunk.operation_id);
    pg_arg_text(args, message->chunk.by);
    pg_arg_int4(args, SPLIT_MAX);
    enum err err = pg_exec(pg, &sql_queue_suspects_of, args, &seqs, error);
    for (int row = 0; err == ERR_OK && row < pg_rows(seqs); row++)
        piece_add(message, pg_int8(seqs, row, 0));
    PQclear(seqs);
    pg_args_drop(args);
    return err;
}

bool quarantine_split(struct pg *pg, struct message *message)
{
    struct err_info error = {0};
    if (!message->chunk.due && message->chunk.from == message->chunk.to)
        return false;
    if (message->chunk.due && pieces_of_due(pg, message, &error) != ERR_OK) {
        log_warn("a suspect chunk cannot be split yet: %s", error.text);
        message->kind = MESSAGE_GIVE_BACK;
        return true;
    }
    for (int64_t seq = message->chunk.from; !message->chunk.due && seq <= message->chunk.to; seq++)
        piece_add(message, seq);
    last_piece_inherits_window(message);
    log_info("suspect chunk %s is split into %zu single jobs", message->chunk.text, message->piece_count);
    message->kind = MESSAGE_SPLIT;
    return true;
}
