#include "common/history/run_json.h"

#include <inttypes.h>
#include <string.h>

#include "common/base/json.h"

static void add_key(struct buf *buf, const char *key, char *separator)
{
    buf_add_char(buf, *separator);
    *separator = ',';
    json_add_string(buf, key, strlen(key));
    buf_add_char(buf, ':');
}

static void add_amount(struct buf *buf, const char *key, int64_t nusd, char *separator)
{
    add_key(buf, key, separator);
    money_add_decimal(buf, nusd);
}

static void add_count(struct buf *buf, const char *key, int64_t count, char *separator)
{
    add_key(buf, key, separator);
    buf_add_int(buf, count);
}

static void add_tokens(struct buf *buf, const struct run_tokens *tokens, char *separator)
{
    add_count(buf, "input_tokens", tokens->input, separator);
    add_count(buf, "cache_creation_tokens", tokens->cache_creation, separator);
    add_count(buf, "cache_read_tokens", tokens->cache_read, separator);
    add_count(buf, "output_tokens", tokens->output, separator);
}

/* An object is opened by its first separator; an empty one still needs it. */
static void close_object(struct buf *buf, char separator)
{
    buf_add_str(buf, separator == '{' ? "{}" : "}");
}

static void add_models(struct buf *buf, const struct run_facts *facts)
{
    char separator = '{';
    for (size_t i = 0; i < facts->model_count; i++) {
        const struct run_model *model = &facts->models[i];
        char inner = '{';
        add_key(buf, model->name, &separator);
        add_amount(buf, "cost", model->cost_nusd, &inner);
        add_tokens(buf, &model->tokens, &inner);
        buf_add_char(buf, '}');
    }
    close_object(buf, separator);
}

void run_json_add_cost_breakdown(struct buf *buf, const struct run_facts *facts)
{
    char separator = '{', phases = '{';
    add_amount(buf, "estimated_total", facts->estimated_cost_nusd, &separator);
    add_amount(buf, "actual_total", facts->actual_cost_nusd, &separator);
    add_amount(buf, "estimated_per_step", facts->estimated_cost_per_step_nusd, &separator);
    add_amount(buf, "actual_per_step", facts->actual_cost_per_step_nusd, &separator);
    add_amount(buf, "cost_per_token", facts->cost_per_token_nusd, &separator);
    add_key(buf, "by_phase", &separator);
    for (size_t i = 0; i < facts->phase_count; i++)
        if (facts->phases[i].finished > 0)
            add_amount(buf, facts->phases[i].name, facts->phases[i].cost_nusd, &phases);
    close_object(buf, phases);
    add_key(buf, "by_model", &separator);
    add_models(buf, facts);
    buf_add_char(buf, '}');
}

void run_json_add_token_breakdown(struct buf *buf, const struct run_facts *facts)
{
    char separator = '{', phases = '{';
    add_count(buf, "total_tokens", facts->total_tokens, &separator);
    add_tokens(buf, &facts->tokens, &separator);
    add_key(buf, "by_phase", &separator);
    for (size_t i = 0; i < facts->phase_count; i++) {
        const struct run_phase *phase = &facts->phases[i];
        char inner = '{';
        if (phase->finished == 0)
            continue;
        add_key(buf, phase->name, &phases);
        add_tokens(buf, &phase->tokens, &inner);
        buf_add_char(buf, '}');
    }
    close_object(buf, phases);
    buf_add_char(buf, '}');
}

void run_json_add_phase_durations(struct buf *buf, const struct run_facts *facts)
{
    char separator = '{';
    for (size_t i = 0; i < facts->phase_count; i++) {
        int64_t ms = facts->phases[i].duration_ms;
        if (ms == RUN_UNKNOWN)
            continue;
        add_key(buf, facts->phases[i].name, &separator);
        buf_addf(buf, "%" PRId64 ".%03" PRId64, ms / 1000, ms % 1000);
    }
    close_object(buf, separator);
}
