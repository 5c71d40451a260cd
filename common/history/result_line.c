/*
 * Reads a result line by tables of fields over a walk, lenient in what does no harm: lines are written by many
 * versions of other programs, and read by the hundred thousand. It copies nothing but an error's text. Called while a
 * stream is read (worker/run/history_stream.c).
 */
#include "common/history/result_line.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/json_walk.h"

#define FIELDS(table) (table), sizeof(table) / sizeof((table)[0])

/* A negative cost is no cost. */
static bool read_amount(struct json_walk *walk, void *into)
{
    struct json_slice text;
    int64_t nusd = 0;
    if (!json_walk_next_is_number(walk))
        return json_walk_skip_odd(walk);
    if (!json_walk_number(walk, &text))
        return false;
    if (money_parse(text.bytes, text.len, &nusd) && nusd >= 0)
        *(int64_t *)into = nusd;
    else
        json_walk_note_odd(walk);
    return true;
}

/* What is no count becomes -1, unless it is null, which is as good as absent. */
static bool read_count(struct json_walk *walk, void *into)
{
    struct json_slice text;
    int64_t *count = into;
    char c = json_walk_peek(walk);
    if (!json_walk_next_is_number(walk)) {
        *count = c == 'n' ? *count : -1;
        return json_walk_skip_odd(walk);
    }
    if (!json_walk_number(walk, &text))
        return false;
    if (!money_parse_decimal(text.bytes, text.len, 0, count) || *count < 0) {
        *count = -1;
        json_walk_note_odd(walk);
    }
    return true;
}

static bool read_text(struct json_walk *walk, void *into)
{
    return json_walk_peek(walk) == '"' ? json_walk_string(walk, into) : json_walk_skip(walk);
}

static bool read_flag(struct json_walk *walk, void *into)
{
    char c = json_walk_peek(walk);
    return c == 't' || c == 'f' ? json_walk_bool(walk, into) : json_walk_skip(walk);
}

/* Stops the walk, without an error, at a line of another type: in nearly all streams this is the first member. */
static bool read_type(struct json_walk *walk, void *into)
{
    struct result_line *line = into;
    struct json_slice type = {NULL, 0, false};
    if (!read_text(walk, &type))
        return false;
    line->is_result = type.bytes != NULL && json_slice_is(&type, "result");
    line->is_system = type.bytes != NULL && json_slice_is(&type, "system");
    return line->is_result || line->is_system;
}

/* `usage` alone tells for how long the cache keeps what was written. */
static bool read_cache_creation(struct json_walk *walk, void *into)
{
    static const struct json_walk_field fields[] = {
        {"ephemeral_1h_input_tokens", read_count, offsetof(struct result_line, hour_writes)},
        {"ephemeral_5m_input_tokens", read_count, offsetof(struct result_line, short_writes)},
    };
    return json_walk_fields(walk, FIELDS(fields), into);
}

static bool read_usage(struct json_walk *walk, void *into)
{
    static const struct json_walk_field fields[] = {
        {"input_tokens", read_count, offsetof(struct result_line, usage.input)},
        {"cache_creation_input_tokens", read_count, offsetof(struct result_line, usage.cache_creation)},
        {"cache_read_input_tokens", read_count, offsetof(struct result_line, usage.cache_read)},
        {"output_tokens", read_count, offsetof(struct result_line, usage.output)},
        {"cache_creation", read_cache_creation, 0},
    };
    struct result_line *line = into;
    line->has_usage = json_walk_peek(walk) == '{';
    return json_walk_fields(walk, FIELDS(fields), line);
}

static bool read_model(struct json_walk *walk, struct result_line_model *model)
{
    static const struct json_walk_field fields[] = {
        {"inputTokens", read_count, offsetof(struct result_line_model, tokens.input)},
        {"cacheCreationInputTokens", read_count, offsetof(struct result_line_model, tokens.cache_creation)},
        {"cacheReadInputTokens", read_count, offsetof(struct result_line_model, tokens.cache_read)},
        {"outputTokens", read_count, offsetof(struct result_line_model, tokens.output)},
        {"costUSD", read_amount, offsetof(struct result_line_model, cost_nusd)},
    };
    return json_walk_fields(walk, FIELDS(fields), model);
}

static bool read_models(struct json_walk *walk, void *into)
{
    struct result_line *line = into;
    struct json_slice name;
    if (json_walk_peek(walk) != '{')
        return json_walk_skip(walk);
    if (!json_walk_enter(walk, '{'))
        return false;
    while (json_walk_key(walk, &name)) {
        if (line->model_count == RESULT_LINE_MODELS_MAX)
            return json_walk_refuse(walk, "too many models in modelUsage");
        struct result_line_model *model = &line->models[line->model_count++];
        *model = (struct result_line_model){.name = name, .cost_nusd = MONEY_UNKNOWN};
        if (!read_model(walk, model))
            return false;
    }
    return walk->problem == NULL;
}

/* The first string in it. */
static bool read_errors(struct json_walk *walk, void *into)
{
    struct json_slice *first = into;
    if (json_walk_peek(walk) != '[')
        return json_walk_skip(walk);
    if (!json_walk_enter(walk, '['))
        return false;
    while (json_walk_item(walk))
        if (!(first->bytes == NULL ? read_text(walk, first) : json_walk_skip(walk)))
            return false;
    return walk->problem == NULL;
}

static bool read_members(struct json_walk *walk, struct result_line *line)
{
    static const struct json_walk_field fields[] = {
        {"type", read_type, 0},
        {"subtype", read_text, offsetof(struct result_line, subtype)},
        {"is_error", read_flag, offsetof(struct result_line, is_error)},
        {"duration_ms", read_count, offsetof(struct result_line, duration_ms)},
        {"result", read_text, offsetof(struct result_line, text)},
        {"total_cost_usd", read_amount, offsetof(struct result_line, total_cost_nusd)},
        {"usage", read_usage, 0},
        {"modelUsage", read_models, 0},
        {"errors", read_errors, offsetof(struct result_line, errors)},
        {"session_id", read_text, offsetof(struct result_line, session_id)},
        {"uuid", read_text, offsetof(struct result_line, uuid)},
    };
    return json_walk_fields(walk, FIELDS(fields), line) && json_walk_end(walk);
}

static void line_init(struct result_line *line)
{
    line->total_cost_nusd = MONEY_UNKNOWN;
    line->model_count = 0; /* the entries are set as they come: they are large and mostly unused */
    line->has_usage = false;
    line->usage = (struct run_tokens){0, 0, 0, 0};
    line->duration_ms = -1;
    line->hour_writes = line->short_writes = 0;
    line->is_error = line->is_result = line->is_system = line->mended = false;
    line->subtype = line->text = line->errors = (struct json_slice){NULL, 0, false};
    line->session_id = line->uuid = line->subtype;
    line->odd[0] = '\0';
}

enum result_line_kind result_line_read(const char *bytes, size_t len, struct result_line *out, struct err_info *error)
{
    struct json_walk walk;
    line_init(out);
    json_walk_init(&walk, bytes, len, RESULT_LINE_DEPTH_MAX);
    json_walk_be_lenient(&walk);
    bool complete = read_members(&walk, out);
    if (walk.problem != NULL) {
        if (error != NULL)
            (void)!json_walk_fail(&walk, error);
        return RESULT_LINE_BROKEN;
    }
    if (!complete)
        return RESULT_LINE_OTHER;
    out->mended = walk.mended;
    json_walk_odd_names(&walk, out->odd, sizeof(out->odd));
    if (out->is_result)
        return RESULT_LINE_RESULT;
    bool is_init = out->is_system && out->subtype.bytes != NULL && json_slice_is(&out->subtype, "init");
    return is_init ? RESULT_LINE_INIT : RESULT_LINE_OTHER;
}

struct naming {
    struct json_slice type, subtype, model, message_model;
};

static bool read_message(struct json_walk *walk, void *into)
{
    static const struct json_walk_field fields[] = {
        {"model", read_text, offsetof(struct naming, message_model)},
    };
    return json_walk_fields(walk, FIELDS(fields), into);
}

bool result_line_model(const char *bytes, size_t len, struct json_slice *model)
{
    static const struct json_walk_field fields[] = {
        {"type", read_text, offsetof(struct naming, type)},
        {"subtype", read_text, offsetof(struct naming, subtype)},
        {"model", read_text, offsetof(struct naming, model)},
        {"message", read_message, 0},
    };
    struct naming naming = {.type.bytes = NULL};
    struct json_walk walk;
    json_walk_init(&walk, bytes, len, RESULT_LINE_DEPTH_MAX);
    json_walk_be_lenient(&walk);
    if (!json_walk_fields(&walk, FIELDS(fields), &naming) || !json_walk_end(&walk) || naming.type.bytes == NULL)
        return false;
    bool is_init =
        json_slice_is(&naming.type, "system") && naming.subtype.bytes != NULL && json_slice_is(&naming.subtype, "init");
    if (!is_init && !json_slice_is(&naming.type, "assistant"))
        return false;
    *model = is_init ? naming.model : naming.message_model;
    return model->bytes != NULL && !json_slice_is(model, "<synthetic>");
}

bool result_line_has_error(const struct result_line *line)
{
    static const char word[] = "error";
    return line->is_error || (line->subtype.bytes != NULL && line->subtype.len >= sizeof(word) - 1 &&
                              memcmp(line->subtype.bytes, word, sizeof(word) - 1) == 0);
}

static void add_slice(struct buf *buf, const struct json_slice *slice)
{
    if (slice->bytes == NULL || slice->len == 0)
        return;
    char *text = json_slice_text(slice);
    if (buf->len > 0)
        buf_add_str(buf, ": ");
    buf_add_str(buf, text);
    free(text);
}

char *result_line_error_text(const struct result_line *line)
{
    struct buf buf = BUF_INIT;
    if (line->subtype.bytes != NULL && !json_slice_is(&line->subtype, "success"))
        add_slice(&buf, &line->subtype);
    add_slice(&buf, line->text.len > 0 ? &line->text : &line->errors);
    return buf_take(&buf);
}

bool result_line_tokens(const struct result_line *line, struct run_tokens *out)
{
    *out = (struct run_tokens){0, 0, 0, 0};
    if (line->model_count == 0) {
        *out = line->usage;
        return line->has_usage && run_tokens_are_counts(out);
    }
    for (size_t i = 0; i < line->model_count; i++) {
        if (!run_tokens_are_counts(&line->models[i].tokens))
            return false;
        run_tokens_add(out, &line->models[i].tokens);
    }
    return true;
}
