#include "worker/quarantine.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "embedded/sql_queue.h"
#include "worker/executor_state.h"

#define SPLIT_MAX 1000

static void add_piece(struct work *work, int64_t seq)
{
    struct chunk piece = {.generation = work->chunk.generation, .from = seq, .to = seq};
    memcpy(piece.operation_id, work->chunk.operation_id, sizeof piece.operation_id);
    memcpy(piece.by, work->chunk.by,
           sizeof piece.by); /* while it stands, what was set aside for that worker stays so */
    chunk_write(&piece);
    work->pieces = mem_grow(work->pieces, work->piece_count + 1, sizeof *work->pieces);
    work->pieces[work->piece_count++] = mem_strdup(piece.text);
}

/* The last piece inherits the place in the window, so that `out` stays right. */
static void inherit_window(struct work *work)
{
    if (!work->chunk.window || work->piece_count == 0)
        return;
    struct chunk piece;
    struct err_info error = {0};
    char **last = &work->pieces[work->piece_count - 1];
    if (chunk_parse(*last, strlen(*last), &piece, &error) != ERR_OK)
        return;
    piece.window = true;
    chunk_write(&piece);
    free(*last);
    *last = mem_strdup(piece.text);
}

static enum err list_due_suspects(struct executor *executor, struct work *work, struct err_info *error)
{
    PGresult *seqs = NULL;
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, work->chunk.operation_id);
    pg_arg_text(args, work->chunk.by);
    pg_arg_int4(args, SPLIT_MAX);
    enum err err = pg_exec(executor->pg, &sql_queue_suspects_of, args, &seqs, error);
    for (int row = 0; err == ERR_OK && row < pg_rows(seqs); row++)
        add_piece(work, pg_int8(seqs, row, 0));
    PQclear(seqs);
    pg_args_drop(args);
    return err;
}

bool suspect_split(struct executor *executor, struct work *work)
{
    struct err_info error = {0};
    if (!work->chunk.due && work->chunk.from == work->chunk.to)
        return false;
    if (work->chunk.due && list_due_suspects(executor, work, &error) != ERR_OK) {
        log_warn("a suspect chunk cannot be split yet: %s", error.text);
        work->event = WORK_GIVE_BACK;
        return true;
    }
    for (int64_t seq = work->chunk.from; !work->chunk.due && seq <= work->chunk.to; seq++)
        add_piece(work, seq);
    inherit_window(work);
    log_info("suspect chunk %s is split into %zu single jobs", work->chunk.text, work->piece_count);
    work->event = WORK_SPLIT;
    return true;
}
