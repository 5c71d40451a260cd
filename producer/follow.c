/*
 * Waiting for an operation's end. It reads the tally from PostgreSQL, which is exact and works without Redis, and draws
 * on stderr: a bar on a terminal, else a line now and then. It says what the operation waits for (no live worker, a
 * store that does not answer), survives a restart of PostgreSQL, and never changes the operation: Ctrl-C ends the
 * waiting alone. Called by submit.c and by `progress --watch` (run_operations.c).
 */

#include "producer/follow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/query/operations.h"
#include "embedded/sql_producer.h"
#include "producer/out.h"
#include "producer/table.h"

#define NAP_FIRST_MS 5
#define NAP_LAST_MS 100
#define DRAW_EVERY_MS 200
#define SINGLE_QUIET_MS 1000
#define LINE_EVERY_MS 5000
#define WIDTH_UNKNOWN 80
#define LOOK_EVERY_MS 2000
#define REDIS_AGAIN_MS 10000   /* after Redis did not answer: a look at it may take seconds */
#define LOST_PATIENCE_MS 30000 /* PostgreSQL may restart while a person watches */

/* ---- looking --------------------------------------------------------------------------------------------------- */

void view_fini(struct view *view)
{
    free(view->operation_id);
    free(view->definition);
    free(view->subject);
    free(view->error);
    json_object_put(view->json);
    *view = (struct view){0};
}

static char *column_copy(const PGresult *result, const char *column)
{
    const char *text = pg_text(result, 0, PQfnumber(result, column));
    return text == NULL ? NULL : mem_strdup(text);
}

static int64_t column_number(const PGresult *result, const char *column)
{
    return pg_int8(result, 0, PQfnumber(result, column));
}

static void view_fill(const PGresult *result, struct view *view)
{
    int rate = PQfnumber(result, "rate_per_s");
    view->operation_id = column_copy(result, "operation_id");
    view->definition = column_copy(result, "definition");
    view->subject = column_copy(result, "subject");
    view->error = column_copy(result, "error");
    view->pruned = !pg_is_null(result, 0, PQfnumber(result, "pruned_at"));
    view->progress = (struct progress){
        .state = op_state_of(pg_text(result, 0, PQfnumber(result, "state"))),
        .phase = (int)column_number(result, "phase"),
        .phases = (int)column_number(result, "phases"),
        .planned = pg_bool(result, 0, PQfnumber(result, "planned")),
        .total = column_number(result, "total"),
        .succeeded = column_number(result, "succeeded"),
        .failed = column_number(result, "failed"),
        .skipped = column_number(result, "skipped"),
        .cancelled_jobs = column_number(result, "cancelled_jobs"),
        .elapsed_ms = column_number(result, "elapsed_ms"),
    };
    view->progress.rate = pg_is_null(result, 0, rate) ? -1 : pg_double(result, 0, rate);
}

enum err view_read(struct session *session, const char *operation_id, struct view *view, struct err_info *error)
{
    *view = (struct view){0};
    struct list_source source = {session, {{"operation_id", operation_id}}};
    struct query_params params = list_params(&source);
    struct query_result answer;
    enum err err = operations_one(session->pg, &params, &answer, error);
    if (err == ERR_NOT_FOUND)
        err_set(error, err, "there is no operation %s; see: producer operations", operation_id);
    if (err != ERR_OK)
        return err;
    view_fill(answer.result, view);
    view->json = json_object_get(answer.json);
    query_result_fini(&answer);
    return ERR_OK;
}

/* Long jobs count while they run: else there would be nothing to see before the end of one. */
static void read_jobs(struct session *session, const char *operation_id, struct progress_jobs *seen,
                      struct progress *progress)
{
    struct err_info ignored = {0};
    struct progress_job jobs[PROGRESS_JOBS];
    PGresult *result = NULL;
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, operation_id);
    pg_arg_bool(args, progress->total <= PROGRESS_JOBS);
    pg_arg_int4(args, PROGRESS_JOBS);
    if (progress->state == OP_RUNNING &&
        pg_exec(session->pg, &sql_producer_jobs_under_way, args, &result, &ignored) == ERR_OK) {
        for (int row = 0; row < pg_rows(result); row++)
            jobs[row] =
                (struct progress_job){pg_int8(result, row, 0), pg_int8(result, row, 1), pg_int8(result, row, 2)};
        progress_jobs_add(seen, clock_mono_ms(), jobs, pg_rows(result), progress);
    }
    PQclear(result);
    pg_args_drop(args);
}

void view_read_jobs(struct session *session, struct view *view)
{
    struct progress_jobs first_look = {.count = 0};
    read_jobs(session, view->operation_id, &first_look, &view->progress);
}

/* ---- drawing --------------------------------------------------------------------------------------------------- */

struct drawing {
    enum follow_style style;
    bool terminal;
    int64_t begun_ms;
    struct progress_rate rate;
    struct progress_jobs jobs;
    bool named;         /* the operation, before its first bar */
    bool bar;           /* one stands on the terminal's last line */
    int64_t line_at_ms; /* when the last line was printed; 0 = never */
    double line_done;   /* and what it said */
};

/* The result of a single item is all that is wanted, unless it takes its time and a person sits there. */
static bool draws(const struct drawing *drawing)
{
    bool late = drawing->terminal && clock_mono_ms() - drawing->begun_ms >= SINGLE_QUIET_MS;
    return drawing->style == FOLLOW_BAR || late;
}

/* So that a line can be printed where the bar stands. */
static void clear_bar(struct drawing *drawing)
{
    if (drawing->bar)
        fputs("\r\033[K", stderr);
    drawing->bar = false;
}

static size_t terminal_width(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20 ? size.ws_col - 1U : WIDTH_UNKNOWN - 1U;
}

static void draw_bar(const struct progress *progress)
{
    struct buf line = BUF_INIT;
    progress_bar(progress, terminal_width(), &line);
    fprintf(stderr, "\r%s\033[K", line.data);
    fflush(stderr);
    buf_fini(&line);
}

static void draw_line(struct drawing *drawing, const struct progress *progress)
{
    int64_t now = clock_mono_ms();
    double done = progress_done(progress);
    bool changed = done > drawing->line_done && now - drawing->line_at_ms >= LINE_EVERY_MS;
    if (drawing->line_at_ms != 0 && !changed)
        return;
    struct buf line = BUF_INIT;
    progress_sentence(progress, &line);
    out_note("%s", line.data);
    buf_fini(&line);
    drawing->line_at_ms = now;
    drawing->line_done = done;
}

static void draw_view(struct drawing *drawing, const struct view *view)
{
    struct progress progress = view->progress;
    if (drawing->style == FOLLOW_SINGLE && !drawing->named)
        follow_note_operation(view->operation_id);
    drawing->named = true;
    double recent = progress_rate_add(&drawing->rate, clock_mono_ms(), progress_done(&progress));
    if (recent >= 0)
        progress.rate = recent;
    if (drawing->terminal)
        draw_bar(&progress);
    else
        draw_line(drawing, &progress);
    drawing->bar = drawing->terminal;
}

static void end_drawing(const struct drawing *drawing)
{
    if (drawing->bar)
        fputc('\n', stderr);
}

void follow_note_operation(const char *operation_id)
{
    out_note("Operation %s; to cancel it: producer cancel %s", operation_id, operation_id);
}

/* ---- notes on what it waits for ---------------------------------------------------------------------------------- */

/* What is said to a person who waits: that no worker is alive, that a store does not answer, or that another operation
 * holds the lease, and what to do. Each once, until it has passed. */
struct progress_notes {
    struct session *session;
    struct drawing *drawing;
    const char *operation_id;
    bool noted_workers, noted_redis, noted_postgres;
    char noted_holder[ID_MAX]; /* of the lease */
    int64_t next_look_ms;      /* at Redis and at leases */
};

static void note_wait(const struct progress_notes *notes, const char *what)
{
    const char *id = notes->operation_id;
    clear_bar(notes->drawing);
    out_note("Operation %s waits: %s. Ctrl-C ends the waiting, not the operation; afterwards: producer progress %s "
             "--watch, or producer cancel %s",
             id, what, id, id);
}

static void note_wait_once(const struct progress_notes *notes, bool *noted, const char *what)
{
    if (!*noted)
        note_wait(notes, what);
    *noted = true;
}

static void note_workers(struct progress_notes *notes)
{
    struct err_info error = {0};
    int64_t alive = 0;
    enum err err = session_redis(notes->session, &error);
    if (err == ERR_OK)
        err = dispatch_live_workers(&notes->session->dispatch, &alive, &error);
    notes->next_look_ms = clock_mono_ms() + (err == ERR_OK ? LOOK_EVERY_MS : REDIS_AGAIN_MS);
    if (err != ERR_OK) {
        note_wait_once(notes, &notes->noted_redis, "Redis does not answer; bring it back, then it goes on by itself");
        return;
    }
    notes->noted_redis = false;
    if (alive == 0)
        note_wait_once(notes, &notes->noted_workers, "no worker is alive; start one, then it goes on by itself");
    else
        notes->noted_workers = false;
}

/* A long job runs alone for its repository: one that waits for another operation's says which. */
static void note_lease(struct progress_notes *notes)
{
    struct err_info ignored = {0};
    PGresult *result = NULL;
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, notes->operation_id);
    enum err err = pg_exec(notes->session->pg, &sql_producer_lease_waited_for, args, &result, &ignored);
    const char *holder = err == ERR_OK && pg_rows(result) > 0 ? pg_text(result, 0, 0) : "";
    if (*holder != '\0' && strcmp(holder, notes->noted_holder) != 0) {
        struct buf what = BUF_INIT;
        buf_addf(&what, "operation %s works on %s at this moment, and then its turn comes by itself", holder,
                 pg_text(result, 0, 1));
        note_wait(notes, what.data);
        buf_fini(&what);
    }
    if (err == ERR_OK)
        snprintf(notes->noted_holder, sizeof notes->noted_holder, "%s", holder);
    PQclear(result);
    pg_args_drop(args);
}

static void progress_notes_running(struct progress_notes *notes)
{
    bool first = notes->next_look_ms == 0; /* what has just begun need not say why it does not run yet */
    if (clock_mono_ms() < notes->next_look_ms)
        return;
    note_workers(notes);
    if (!first)
        note_lease(notes);
}

static void progress_notes_lost(struct progress_notes *notes, const struct err_info *why)
{
    if (!notes->noted_postgres) {
        clear_bar(notes->drawing);
        out_note("Operation %s cannot be seen for the moment: %s; it is asked again", notes->operation_id, why->text);
    }
    notes->noted_postgres = true;
}

static void progress_notes_found(struct progress_notes *notes)
{
    notes->noted_postgres = false;
}

/* ---- following ------------------------------------------------------------------------------------------------- */

/* A look that survives a restart of PostgreSQL. */
static enum err follow_look(struct session *session, const char *operation_id, struct view *view, int64_t *lost_at,
                            struct err_info *error)
{
    enum err err = pg_ready(session->pg, error);
    if (err == ERR_OK)
        err = view_read(session, operation_id, view, error);
    if (err == ERR_OK) {
        *lost_at = 0;
        return ERR_OK;
    }
    if (err != ERR_UNREACHABLE && err != ERR_RETRY)
        return err;
    *lost_at = *lost_at == 0 ? clock_mono_ms() : *lost_at;
    if (clock_mono_ms() - *lost_at < LOST_PATIENCE_MS)
        return ERR_RETRY;
    error->code = ERR_UNREACHABLE;
    return err_prefix(error, "operation %s goes on without you (producer progress %s --watch)", operation_id,
                      operation_id);
}

static void say_why_it_waits(struct progress_notes *notes, enum err err, const struct view *view,
                             const struct err_info *why)
{
    if (err == ERR_RETRY)
        progress_notes_lost(notes, why);
    else if (err == ERR_OK)
        progress_notes_found(notes);
    if (err == ERR_OK && view->progress.state == OP_RUNNING)
        progress_notes_running(notes);
}

static bool has_ended(const struct view *view)
{
    return view->progress.state != OP_RUNNING && view->progress.state != OP_PAUSED;
}

enum err follow(struct session *session, const char *operation_id, enum follow_style style, struct view *view,
                struct err_info *error)
{
    struct drawing drawing = {.style = style, .terminal = isatty(STDERR_FILENO) == 1, .begun_ms = clock_mono_ms()};
    int64_t nap = style == FOLLOW_SINGLE ? NAP_FIRST_MS : DRAW_EVERY_MS, lost_at = 0;
    struct progress_notes notes = {.session = session, .drawing = &drawing, .operation_id = operation_id};
    enum err err = ERR_OK;
    *view = (struct view){0};
    while (!session_interrupted()) {
        view_fini(view);
        err = follow_look(session, operation_id, view, &lost_at, error);
        if (err == ERR_OK && draws(&drawing)) {
            read_jobs(session, operation_id, &drawing.jobs, &view->progress);
            draw_view(&drawing, view);
        }
        say_why_it_waits(&notes, err, view, error);
        if ((err != ERR_OK && err != ERR_RETRY) || (err == ERR_OK && has_ended(view)))
            break;
        session_nap(nap);
        if (style == FOLLOW_SINGLE)
            nap = nap * 2 < NAP_LAST_MS ? nap * 2 : NAP_LAST_MS;
    }
    end_drawing(&drawing);
    if (err == ERR_OK && has_ended(view))
        return ERR_OK;
    view_fini(view);
    return session_interrupted()
               ? err_set(error, ERR_INTERRUPTED, "operation %s goes on; to cancel it: producer cancel %s", operation_id,
                         operation_id)
               : err;
}
