/*
 * The result lines of one agent's stream that count: the last one of each process. A session that is resumed is another
 * process that appends to the same stream; each begins with an init line. Read from the end, so that a line is known to
 * be the last of its process when it is met.
 */
#include <string.h>

#include "common/history/result_cost.h"
#include "worker/run/history_files.h"

#define TICK_BYTES INT64_C(1048576)
#define PROCESSES_MAX 1000
#define ID_BYTES 128

struct search {
    struct history_reader *reader;
    const struct history_stream_source *source;
    struct history_stream *out;
    int64_t since_tick;
    bool taken;             /* the process in hand has its result line */
    bool waits;             /* and it waits, in reader->line, for the model of the process */
    char session[ID_BYTES]; /* of that line; "" = not told */
    struct buf seen;        /* identities of the lines taken, each behind a newline: a copy is not paid twice */
};

/* The next line towards the beginning; `*step` is TAIL_LINE or TAIL_DONE. */
static enum err next_line(struct search *search, enum tail_step *step, struct tail_line *line, struct err_info *error)
{
    struct history_reader *reader = search->reader;
    while ((*step = tail_next(&reader->tail, line)) == TAIL_FEED) {
        size_t len = 0;
        int64_t offset = 0;
        char *room = tail_room(&reader->tail, &len, &offset);
        enum err err = history_io_read(search->source->fd, room, len, offset, error);
        if (err != ERR_OK)
            return err;
        tail_fed(&reader->tail);
        search->since_tick += (int64_t)len;
        if (search->since_tick < TICK_BYTES || reader->tick == NULL)
            continue;
        search->since_tick = 0;
        err = reader->tick(reader->tick_context, error);
        if (err != ERR_OK)
            return err;
    }
    return ERR_OK;
}

/* Hands on the line in reader->line, whose slices other lines have overwritten. */
static enum err hand_on(struct search *search, struct err_info *error)
{
    struct history_reader *reader = search->reader;
    search->waits = false;
    if (++search->out->results > PROCESSES_MAX)
        return err_set(error, ERR_PERMANENT, "more than %d processes in one stream", PROCESSES_MAX);
    (void)result_line_read(reader->line.data, reader->line.len, &reader->result, NULL);
    search->source->each(search->source->context);
    return ERR_OK;
}

static enum err end_process(struct search *search, struct err_info *error)
{
    enum err err = search->waits ? hand_on(search, error) : ERR_OK;
    search->taken = false;
    search->session[0] = '\0';
    return err;
}

static void copy_id(const struct json_slice *slice, char out[ID_BYTES])
{
    size_t len = slice->bytes != NULL && slice->len < ID_BYTES ? slice->len : 0;
    if (len > 0)
        memcpy(out, slice->bytes, len);
    out[len] = '\0';
}

/* Whether a line with this identity was taken before; notes it. */
static bool is_copy(struct search *search)
{
    char id[ID_BYTES + 2];
    id[0] = '\n';
    copy_id(&search->reader->result.uuid, id + 1);
    strcat(id, "\n");
    if (id[1] == '\n')
        return false;
    if (search->seen.len > 0 && memmem(search->seen.data, search->seen.len, id, strlen(id)) != NULL)
        return true;
    buf_add_str(&search->seen, id);
    return false;
}

static enum err take_result(struct search *search, const struct tail_line *line, struct err_info *error)
{
    struct history_reader *reader = search->reader;
    char session[ID_BYTES];
    copy_id(&reader->result.session_id, session);
    bool is_other = session[0] != '\0' && search->session[0] != '\0' && strcmp(session, search->session) != 0;
    if (search->taken && !is_other)
        return ERR_OK;
    enum err err = end_process(search, error);
    search->taken = true;
    memcpy(search->session, session, sizeof(session));
    if (err != ERR_OK || is_copy(search))
        return err;
    buf_reset(&reader->line);
    buf_add(&reader->line, line->bytes, line->len);
    reader->model = (struct json_slice){NULL, 0, false};
    search->waits = true;
    return result_cost_needs_model(&reader->result) ? ERR_OK : hand_on(search, error);
}

/* The model that the init line names, else the one of the first line that names one. */
static void look_for_model(struct search *search, const struct tail_line *line)
{
    struct history_reader *reader = search->reader;
    struct json_slice model;
    if (!search->waits || !result_line_model(line->bytes, line->len, &model))
        return;
    buf_reset(&reader->file);
    buf_add(&reader->file, model.bytes, model.len);
    reader->model = (struct json_slice){reader->file.data, model.len, model.escaped};
}

static enum err take_line(struct search *search, const struct tail_line *line, struct err_info *error)
{
    struct history_stream *out = search->out;
    struct result_line *result = &search->reader->result;
    enum result_line_kind kind = result_line_read(line->bytes, line->len, result, NULL);
    bool is_cut = line->offset + (int64_t)line->len == search->source->size;
    if (kind == RESULT_LINE_RESULT)
        return take_result(search, line, error);
    if (kind == RESULT_LINE_BROKEN) {
        out->cut = out->cut || is_cut;
        out->broken++;
        out->broken_results += result->is_result && !is_cut && !search->taken;
    }
    look_for_model(search, line);
    return kind == RESULT_LINE_INIT ? end_process(search, error) : ERR_OK;
}

enum err history_stream_read(struct history_reader *reader, const struct history_stream_source *source,
                             struct history_stream *out, struct err_info *error)
{
    struct search search = {.reader = reader, .source = source, .out = out};
    struct tail_line line = {0};
    enum tail_step step = TAIL_LINE;
    enum err err = ERR_OK;
    *out = (struct history_stream){.results = 0};
    tail_begin(&reader->tail, source->size);
    while (err == ERR_OK && step == TAIL_LINE) {
        err = next_line(&search, &step, &line, error);
        if (err == ERR_OK && step == TAIL_LINE)
            err = take_line(&search, &line, error);
    }
    if (err == ERR_OK)
        err = end_process(&search, error);
    out->overlong = reader->tail.overlong;
    buf_fini(&search.seen);
    return err;
}
