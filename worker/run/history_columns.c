#include "worker/run/history_columns.h"

#include <string.h>

#include "common/base/clock.h"
#include "common/base/json.h"

/* ---- members ----------------------------------------------------------------------------------------------------- */

static void separate(struct buf *out)
{
    char last = out->len == 0 ? '{' : out->data[out->len - 1];
    if (last != '{' && last != '[')
        buf_add_char(out, ',');
}

void history_columns_name(struct buf *out, const char *name)
{
    separate(out);
    json_add_string(out, name, strlen(name));
    buf_add_char(out, ':');
}

void history_columns_money(struct buf *out, const char *name, int64_t nusd)
{
    history_columns_name(out, name);
    money_add_decimal(out, nusd);
}

void history_columns_int(struct buf *out, const char *name, int64_t number)
{
    history_columns_name(out, name);
    if (number == RUN_UNKNOWN)
        buf_add_str(out, "null");
    else
        buf_add_int(out, number);
}

void history_columns_text(struct buf *out, const char *name, const char *text)
{
    history_columns_name(out, name);
    if (text == NULL)
        buf_add_str(out, "null");
    else
        json_add_string(out, text, strlen(text));
}

void history_columns_double(struct buf *out, const char *name, double number)
{
    history_columns_name(out, name);
    buf_addf(out, "%.17g", number);
}

/* ---- columns --------------------------------------------------------------------------------------------------- */

static void add_tokens(struct buf *out, const struct run_tokens *tokens)
{
    history_columns_int(out, "input_tokens", tokens->input);
    history_columns_int(out, "output_tokens", tokens->output);
    history_columns_int(out, "cache_creation_tokens", tokens->cache_creation);
    history_columns_int(out, "cache_read_tokens", tokens->cache_read);
}

static void add_models(struct buf *out, const struct run_facts *facts)
{
    history_columns_name(out, "by_model");
    buf_add_char(out, '{');
    for (size_t i = 0; i < facts->model_count; i++) {
        const struct run_model *model = &facts->models[i];
        history_columns_name(out, model->name);
        buf_add_char(out, '{');
        history_columns_money(out, "cost", model->cost_nusd);
        add_tokens(out, &model->tokens);
        buf_add_char(out, '}');
    }
    buf_add_char(out, '}');
}

void history_columns_cost(const struct run_facts *facts, struct buf *out)
{
    buf_add_char(out, '{');
    history_columns_money(out, "estimated_total", facts->estimated_cost_nusd);
    history_columns_money(out, "actual_total", facts->actual_cost_nusd);
    history_columns_money(out, "estimated_per_step", facts->estimated_cost_per_step_nusd);
    history_columns_money(out, "actual_per_step", facts->actual_cost_per_step_nusd);
    history_columns_money(out, "cost_per_token", facts->cost_per_token_nusd);
    history_columns_name(out, "by_phase");
    buf_add_char(out, '{');
    for (size_t i = 0; i < facts->phase_count; i++)
        history_columns_money(out, facts->phases[i].name, facts->phases[i].cost_nusd);
    buf_add_char(out, '}');
    add_models(out, facts);
    buf_add_char(out, '}');
}

void history_columns_tokens(const struct run_facts *facts, struct buf *out)
{
    buf_add_char(out, '{');
    add_tokens(out, &facts->tokens);
    history_columns_int(out, "total_tokens", facts->total_tokens);
    history_columns_name(out, "by_phase");
    buf_add_char(out, '{');
    for (size_t i = 0; i < facts->phase_count; i++) {
        history_columns_name(out, facts->phases[i].name);
        buf_add_char(out, '{');
        add_tokens(out, &facts->phases[i].tokens);
        buf_add_char(out, '}');
    }
    buf_add_str(out, "}}");
}

void history_columns_durations(const struct run_facts *facts, struct buf *out)
{
    buf_add_char(out, '{');
    for (size_t i = 0; i < facts->phase_count; i++)
        if (facts->phases[i].duration_ms != RUN_UNKNOWN)
            history_columns_double(out, facts->phases[i].name,
                                   (double)facts->phases[i].duration_ms / (double)CLOCK_MS_PER_S);
    buf_add_char(out, '}');
}
