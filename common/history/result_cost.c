/*
 * What a result line cost, by the first route that tells, and whether that replaces what is stored. It must never
 * guess: one unknown part makes a sum unknown, and an unknown cost replaces nothing. Pure. Called by
 * run_assemble_agent.c, and by the handlers that write costs.
 */
#include "common/history/result_cost.h"

/* Only `usage` tells how many of the cache writes are kept for an hour, and it leaves models out: each model's writes
 * are shared out as those of `usage` are. */
static int64_t hour_writes(const struct result_line *line, int64_t writes)
{
    __int128 both = (__int128)line->hour_writes + line->short_writes;
    if (line->hour_writes <= 0 || line->short_writes < 0 || writes <= 0)
        return 0;
    return (int64_t)(((__int128)writes * line->hour_writes + both / 2) / both);
}

struct priced {
    const struct result_line *line;
    const struct prices *prices;
};

static int64_t price_of(const struct priced *in, const struct json_slice *model, const struct run_tokens *tokens)
{
    const struct price *price = prices_find(in->prices, model->bytes, model->len);
    const struct price_usage usage = {*tokens, hour_writes(in->line, tokens->cache_creation)};
    return price != NULL ? prices_cost(price, &usage) : MONEY_UNKNOWN;
}

static int64_t reported(const struct result_cost_question *question)
{
    return question->line->total_cost_nusd;
}

static int64_t reported_of_model(const struct priced *in, const struct result_line_model *model)
{
    (void)in;
    return model->cost_nusd;
}

static int64_t price_of_model(const struct priced *in, const struct result_line_model *model)
{
    return price_of(in, &model->name, &model->tokens);
}

/* A sum in which one part is unknown is unknown; so is one of no parts. */
static int64_t sum_over_models(const struct result_cost_question *question,
                               int64_t (*cost_of)(const struct priced *, const struct result_line_model *))
{
    const struct priced in = {question->line, question->prices};
    int64_t sum = 0;
    for (size_t i = 0; i < question->line->model_count; i++) {
        int64_t nusd = cost_of(&in, &question->line->models[i]);
        if (nusd == MONEY_UNKNOWN || !money_add(&sum, nusd))
            return MONEY_UNKNOWN;
    }
    return question->line->model_count > 0 ? sum : MONEY_UNKNOWN;
}

static int64_t model_costs(const struct result_cost_question *question)
{
    return sum_over_models(question, reported_of_model);
}

static int64_t model_tokens(const struct result_cost_question *question)
{
    return sum_over_models(question, price_of_model);
}

/* No tokens cost nothing, whatever the model. */
static int64_t usage(const struct result_cost_question *question)
{
    const struct result_line *line = question->line;
    if (!line->has_usage || !run_tokens_are_counts(&line->usage))
        return MONEY_UNKNOWN;
    if (run_tokens_total(&line->usage) == 0)
        return 0;
    if (question->stream_model == NULL || question->stream_model->bytes == NULL)
        return MONEY_UNKNOWN;
    return price_of(&(struct priced){line, question->prices}, question->stream_model, &line->usage);
}

static int64_t (*const routes[])(const struct result_cost_question *) = {
    [RESULT_COST_REPORTED] = reported,
    [RESULT_COST_MODEL_COSTS] = model_costs,
    [RESULT_COST_MODEL_TOKENS] = model_tokens,
    [RESULT_COST_USAGE] = usage,
};

int64_t result_cost(const struct result_cost_question *question, enum result_cost_route *route)
{
    int64_t nusd = MONEY_UNKNOWN;
    int at = RESULT_COST_REPORTED;
    for (; at < RESULT_COST_NONE; at++) {
        nusd = routes[at](question);
        if (nusd != MONEY_UNKNOWN)
            break;
        /* `usage` leaves other models out: a price that is missing for one of them is not made up from it. */
        if (at == RESULT_COST_MODEL_TOKENS && question->line->model_count > 0)
            at = RESULT_COST_USAGE;
    }
    if (route != NULL)
        *route = (enum result_cost_route)at;
    return nusd;
}

int64_t result_cost_of_model(const struct result_line *line, size_t model, const struct prices *prices)
{
    int64_t nusd = line->models[model].cost_nusd;
    return nusd != MONEY_UNKNOWN ? nusd : price_of_model(&(struct priced){line, prices}, &line->models[model]);
}

bool result_cost_needs_model(const struct result_line *line)
{
    return line->total_cost_nusd == MONEY_UNKNOWN && line->model_count == 0 && line->has_usage &&
           run_tokens_total(&line->usage) != 0;
}

/* ---- what a sync stores ------------------------------------------------------------------------------------------ */

enum cost_verdict cost_rule(const struct cost_question *question)
{
    bool forced = question->asker == COST_BY_FORCED_RESYNC;
    bool was_known = question->stored_nusd != MONEY_UNKNOWN;
    if (question->fresh_nusd == MONEY_UNKNOWN)
        return COST_NO_DATA;
    if (question->fresh_nusd == question->stored_nusd)
        return COST_SAME;
    if (forced || run_status_is_final(question->status) || !was_known)
        return COST_WRITE;
    return question->fresh_nusd > question->stored_nusd ? COST_WRITE : COST_KEEP;
}

const char *cost_rule_reason(const struct cost_question *question)
{
    if (question->asker == COST_BY_FORCED_RESYNC)
        return "resync_force";
    if (question->asker == COST_BY_RESYNC)
        return "resync";
    return run_status_is_final(question->status) ? "sync_final" : "sync_progressive";
}

const char *cost_rule_message(enum cost_verdict verdict)
{
    static const char *const messages[] = {
        [COST_WRITE] = "Cost data resynced successfully",
        [COST_SAME] = "Cost data already up to date",
        [COST_KEEP] = "Cost data already up to date",
        [COST_NO_DATA] = "No cost data available",
    };
    return messages[verdict];
}

void cost_rule_add_log(struct buf *buf, const char *adw_id, const struct cost_question *question)
{
    const char *word = run_status_is_final(question->status) ? "final" : "progressive";
    buf_addf(buf, "%s cost %s: ", word, adw_id);
    money_add_text(buf, question->stored_nusd);
    buf_add_str(buf, " → ");
    money_add_text(buf, question->fresh_nusd);
    buf_addf(buf, " (%s)", run_status_name(question->status));
}
