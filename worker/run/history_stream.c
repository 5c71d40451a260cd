/* The last result line of one agent's stream, found from its end. */
#include <string.h>

#include "common/history/result_cost.h"
#include "worker/run/history_open.h"
#include "worker/run/history_private.h"

#define TICK_BYTES INT64_C(1048576)
#define HEAD_BYTES ((size_t)64 * 1024)
#define MODEL_SEARCH_BYTES INT64_C(4194304)

struct search {
    struct history_reader *reader;
    int fd;
    int64_t since_tick, size;
};

/* The next line towards the beginning; `*step` is TAIL_LINE or TAIL_DONE. */
static enum err next_line(struct search *search, enum tail_step *step, struct tail_line *line, struct err_info *error)
{
    struct history_reader *reader = search->reader;
    while ((*step = tail_next(&reader->tail, line)) == TAIL_FEED) {
        size_t len = 0;
        int64_t offset = 0;
        char *room = tail_room(&reader->tail, &len, &offset);
        enum err err = history_read_exactly(search->fd, room, len, offset, error);
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

/* The first line that names a model; streams begin with init. */
static enum err model_in_head(struct search *search, bool *found, struct err_info *error)
{
    struct history_reader *reader = search->reader;
    size_t len = search->size < (int64_t)HEAD_BYTES ? (size_t)search->size : HEAD_BYTES;
    buf_reset(&reader->file);
    char *at = buf_reserve(&reader->file, len), *end = at + len;
    enum err err = history_read_exactly(search->fd, at, len, 0, error);
    while (err == ERR_OK && !*found && at < end) {
        char *newline = memchr(at, '\n', (size_t)(end - at));
        char *stop = newline != NULL ? newline : end;
        *found = result_line_model(at, (size_t)(stop - at), &reader->model);
        at = newline != NULL ? newline + 1 : end;
    }
    return err;
}

static enum err find_model(struct search *search, struct err_info *error)
{
    bool found = false;
    struct tail_line line;
    enum err err = model_in_head(search, &found, error);
    enum tail_step step = TAIL_LINE;
    while (err == ERR_OK && !found && step == TAIL_LINE && search->reader->tail.position > 0 &&
           search->size - search->reader->tail.position < MODEL_SEARCH_BYTES) {
        err = next_line(search, &step, &line, error);
        if (err == ERR_OK && step == TAIL_LINE)
            found = result_line_model(line.bytes, line.len, &search->reader->model);
    }
    if (!found)
        search->reader->model = (struct json_slice){NULL, 0, false};
    return err;
}

/* The search for the model moves the tail on: the line must be somewhere else before. */
static enum err keep_and_find_model(struct search *search, struct history_stream *out, struct err_info *error)
{
    struct history_reader *reader = search->reader;
    buf_reset(&reader->line);
    buf_add(&reader->line, out->bytes, out->len);
    out->bytes = reader->line.data;
    (void)result_line_read(out->bytes, out->len, &reader->result, NULL);
    return find_model(search, error);
}

enum err history_stream_read(struct history_reader *reader, int fd, int64_t size, struct history_stream *out,
                             struct err_info *error)
{
    struct search search = {.reader = reader, .fd = fd, .size = size};
    struct tail_line line = {0};
    enum tail_step step = TAIL_LINE;
    *out = (struct history_stream){.found = false};
    reader->model = (struct json_slice){NULL, 0, false};
    tail_begin(&reader->tail, size);
    while (!out->found) {
        enum err err = next_line(&search, &step, &line, error);
        if (err != ERR_OK)
            return err;
        if (step == TAIL_DONE)
            break;
        enum result_line_kind kind = result_line_read(line.bytes, line.len, &reader->result, NULL);
        out->cut = out->cut || line.offset + (int64_t)line.len == size;
        out->broken += kind == RESULT_LINE_BROKEN;
        out->found = kind == RESULT_LINE_RESULT;
    }
    out->overlong = reader->tail.overlong;
    if (!out->found)
        return ERR_OK;
    out->bytes = line.bytes;
    out->len = line.len;
    return result_cost_needs_model(&reader->result) ? keep_and_find_model(&search, out, error) : ERR_OK;
}
