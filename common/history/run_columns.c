/*
 * A run's facts as the columns of workflow_history: members of a JSON object that the database takes apart again. Sync
 * writes the whole row, a cost re-sync the columns of cost and tokens alone. Pure: it asks no clock and no store, and
 * the same facts give the same text.
 */
#include "common/history/run_columns.h"

#include <string.h>

#include "common/base/clock.h"
#include "common/base/json.h"
#include "common/history/lower.h"
#include "common/history/patterns.h"
#include "common/history/scores.h"

/* ---- members ----------------------------------------------------------------------------------------------------- */

static void separate(struct buf *out)
{
    char last = out->len == 0 ? '{' : out->data[out->len - 1];
    if (last != '{' && last != '[')
        buf_add_char(out, ',');
}

void run_columns_add_name(struct buf *out, const char *name)
{
    separate(out);
    json_add_string(out, name, strlen(name));
    buf_add_char(out, ':');
}

void run_columns_add_money(struct buf *out, const char *name, int64_t nusd)
{
    run_columns_add_name(out, name);
    money_add_decimal(out, nusd);
}

static void add_int(struct buf *out, const char *name, int64_t number)
{
    run_columns_add_name(out, name);
    if (number == RUN_UNKNOWN)
        buf_add_str(out, "null");
    else
        buf_add_int(out, number);
}

void run_columns_add_text(struct buf *out, const char *name, const char *text)
{
    run_columns_add_name(out, name);
    if (text == NULL)
        buf_add_str(out, "null");
    else
        json_add_string(out, text, strlen(text));
}

static void add_double(struct buf *out, const char *name, double number)
{
    run_columns_add_name(out, name);
    buf_addf(out, "%.17g", number);
}

/* ---- columns ----------------------------------------------------------------------------------------------------- */

static void add_token_counts(struct buf *out, const struct run_tokens *tokens)
{
    add_int(out, "input_tokens", tokens->input);
    add_int(out, "output_tokens", tokens->output);
    add_int(out, "cache_creation_tokens", tokens->cache_creation);
    add_int(out, "cache_read_tokens", tokens->cache_read);
}

static void add_models(struct buf *out, const struct run_facts *facts)
{
    run_columns_add_name(out, "by_model");
    buf_add_char(out, '{');
    for (size_t i = 0; i < facts->model_count; i++) {
        const struct run_model *model = &facts->models[i];
        run_columns_add_name(out, model->name);
        buf_add_char(out, '{');
        run_columns_add_money(out, "cost", model->cost_nusd);
        add_token_counts(out, &model->tokens);
        buf_add_char(out, '}');
    }
    buf_add_char(out, '}');
}

void run_columns_cost(const struct run_facts *facts, struct buf *out)
{
    buf_add_char(out, '{');
    run_columns_add_money(out, "estimated_total", facts->estimated_cost_nusd);
    run_columns_add_money(out, "actual_total", facts->actual_cost_nusd);
    run_columns_add_money(out, "estimated_per_step", facts->estimated_cost_per_step_nusd);
    run_columns_add_money(out, "actual_per_step", facts->actual_cost_per_step_nusd);
    run_columns_add_money(out, "cost_per_token", facts->cost_per_token_nusd);
    run_columns_add_name(out, "by_phase");
    buf_add_char(out, '{');
    for (size_t i = 0; i < facts->phase_count; i++)
        run_columns_add_money(out, facts->phases[i].name, facts->phases[i].cost_nusd);
    buf_add_char(out, '}');
    add_models(out, facts);
    buf_add_char(out, '}');
}

void run_columns_tokens(const struct run_facts *facts, struct buf *out)
{
    buf_add_char(out, '{');
    add_token_counts(out, &facts->tokens);
    add_int(out, "total_tokens", facts->total_tokens);
    run_columns_add_name(out, "by_phase");
    buf_add_char(out, '{');
    for (size_t i = 0; i < facts->phase_count; i++) {
        run_columns_add_name(out, facts->phases[i].name);
        buf_add_char(out, '{');
        add_token_counts(out, &facts->phases[i].tokens);
        buf_add_char(out, '}');
    }
    buf_add_str(out, "}}");
}

static void add_durations(const struct run_facts *facts, struct buf *out)
{
    buf_add_char(out, '{');
    for (size_t i = 0; i < facts->phase_count; i++)
        if (facts->phases[i].duration_ms != RUN_UNKNOWN)
            add_double(out, facts->phases[i].name, (double)facts->phases[i].duration_ms / (double)CLOCK_MS_PER_S);
    buf_add_char(out, '}');
}

static double duration_s(const struct run_facts *facts)
{
    return facts->duration_ms == RUN_UNKNOWN ? SCORES_UNKNOWN : (double)facts->duration_ms / (double)CLOCK_MS_PER_S;
}

static void add_time(struct buf *out, const char *name, int64_t wall_us)
{
    char text[CLOCK_ISO_MAX];
    if (wall_us == RUN_UNKNOWN) {
        run_columns_add_text(out, name, NULL);
        return;
    }
    clock_iso8601_ms(wall_us, text);
    run_columns_add_text(out, name, text);
}

static void add_known(struct buf *out, const char *name, double number)
{
    if (number < 0)
        run_columns_add_text(out, name, NULL);
    else
        add_double(out, name, number);
}

/* ---- what the files say ------------------------------------------------------------------------------------------ */

static void add_texts(struct buf *out, const struct run_facts *facts)
{
    const struct {
        const char *name, *text;
    } columns[] = {
        {"adw_id", facts->adw_id},
        {"issue_number", facts->issue_number},
        {"nl_input", facts->nl_input},
        {"github_url", facts->github_url},
        {"gh_issue_state", facts->gh_issue_state},
        {"workflow_template", facts->workflow_template},
        {"model_used", facts->model_used},
        {"status", run_status_name(facts->status)},
        {"error_message", facts->error_message},
        {"current_phase", facts->current_phase},
        {"worktree_path", facts->worktree_path},
        {"branch_name", facts->branch_name},
        {"plan_file", facts->plan_file},
        {"issue_class", facts->issue_class},
        {"bottleneck_phase", facts->bottleneck_phase},
        {"error_category", facts->error_category},
        {"source_signature", facts->settled ? facts->signature : NULL},
        {"source_digest", facts->source_digest},
    };
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        run_columns_add_text(out, columns[i].name, columns[i].text);
}

static void add_numbers(struct buf *out, const struct run_facts *facts)
{
    add_time(out, "start_time", facts->start_us);
    add_time(out, "end_time", facts->end_us);
    add_known(out, "duration_seconds", duration_s(facts));
    add_int(out, "phase_count", run_facts_phase_count(facts));
    add_int(out, "retry_count", facts->retry_count);
    add_int(out, "error_count", facts->errors_known ? facts->error_count : RUN_UNKNOWN);
    add_int(out, "backend_port", facts->backend_port);
    add_int(out, "frontend_port", facts->frontend_port);
    add_int(out, "hour_of_day", facts->hour_of_day);
    add_int(out, "day_of_week", facts->day_of_week);
}

static void add_tokens(struct buf *out, const struct run_facts *facts)
{
    bool known = facts->has_tokens;
    add_int(out, "input_tokens", known ? facts->tokens.input : RUN_UNKNOWN);
    add_int(out, "output_tokens", known ? facts->tokens.output : RUN_UNKNOWN);
    add_int(out, "cached_tokens", known ? facts->tokens.cache_creation : RUN_UNKNOWN);
    add_int(out, "cache_hit_tokens", known ? facts->tokens.cache_read : RUN_UNKNOWN);
    add_int(out, "cache_miss_tokens", known ? facts->tokens.input : RUN_UNKNOWN);
    add_int(out, "total_tokens", known ? facts->total_tokens : RUN_UNKNOWN);
    if (known) {
        add_double(out, "cache_efficiency_percent", facts->cache_efficiency_percent);
        run_columns_add_name(out, "token_breakdown");
        run_columns_tokens(facts, out);
    }
}

static void add_costs(struct buf *out, const struct run_facts *facts)
{
    run_columns_add_money(out, "estimated_cost_total", facts->estimated_cost_nusd);
    run_columns_add_money(out, "estimated_cost_per_step", facts->estimated_cost_per_step_nusd);
    run_columns_add_money(out, "actual_cost_total", facts->has_cost ? facts->actual_cost_nusd : MONEY_UNKNOWN);
    run_columns_add_money(out, "actual_cost_per_step", facts->actual_cost_per_step_nusd);
    run_columns_add_money(out, "cost_per_token", facts->cost_per_token_nusd);
    if (facts->has_cost || facts->estimated_cost_nusd != MONEY_UNKNOWN) {
        run_columns_add_name(out, "cost_breakdown");
        run_columns_cost(facts, out);
    }
    run_columns_add_name(out, "phase_durations");
    add_durations(facts, out);
}

/* ---- the scores -------------------------------------------------------------------------------------------------- */

static double cost_score(const struct run_facts *facts, enum scores_complexity complexity)
{
    const struct run_tokens *tokens = &facts->tokens;
    bool known = facts->has_tokens;
    const struct scores_cost cost = {
        .actual_nusd = facts->actual_cost_nusd,
        .estimated_nusd = facts->estimated_cost_nusd,
        .cache_read_tokens = known ? tokens->cache_read : SCORES_UNKNOWN,
        .input_tokens = known ? tokens->input + tokens->cache_creation + tokens->cache_read : SCORES_UNKNOWN,
        .retries = facts->retry_count,
        .complexity = complexity,
        .model = scores_model(facts->model_used),
    };
    return scores_cost_efficiency(&cost);
}

static double longest_phase_s(const struct run_facts *facts)
{
    int64_t longest_ms = 0;
    for (size_t i = 0; i < facts->phase_count; i++)
        if (facts->phases[i].duration_ms > longest_ms)
            longest_ms = facts->phases[i].duration_ms;
    return (double)longest_ms / (double)CLOCK_MS_PER_S;
}

static double time_score(const struct run_facts *facts)
{
    const struct scores_time time = {
        .duration_s = duration_s(facts),
        .baseline_s = SCORES_BASELINE_S,
        .longest_phase_s = longest_phase_s(facts),
        .idle_share = facts->idle_share < 0 ? 0 : facts->idle_share,
    };
    return scores_performance(&time);
}

static double quality_score(const struct run_facts *facts)
{
    const char *types[RUN_ERROR_TYPES];
    size_t count = 0;
    for (int type = 0; type < RUN_ERROR_TYPES; type++)
        if (facts->error_types[type] > 0)
            types[count++] = run_error_name((enum run_error_type)type);
    const struct scores_errors errors = {
        .errors = facts->errors_known ? facts->error_count : SCORES_UNKNOWN,
        .retries = facts->retry_count,
        .types = types,
        .type_count = count,
        .pr_merged = facts->pull_request_merged == RUN_FLAG_YES,
        .ci_passed = facts->ci_passed == RUN_FLAG_YES,
    };
    return scores_quality(&errors);
}

static void add_scores(struct buf *out, const struct run_facts *facts)
{
    const char *text = facts->nl_input;
    size_t len = text == NULL ? 0 : strlen(text);
    int64_t words = text == NULL ? SCORES_UNKNOWN : (int64_t)words_count(text, len);
    enum scores_complexity complexity =
        scores_complexity(words, duration_s(facts), facts->errors_known ? facts->error_count : SCORES_UNKNOWN);
    add_int(out, "nl_input_word_count", words < 0 ? RUN_UNKNOWN : words);
    add_known(out, "nl_input_clarity_score", scores_clarity(text, len));
    add_known(out, "cost_efficiency_score", cost_score(facts, complexity));
    add_known(out, "performance_score", time_score(facts));
    add_known(out, "quality_score", quality_score(facts));
    run_columns_add_text(out, "scoring_version", SCORES_VERSION);
    run_columns_add_text(out, "complexity_actual", scores_complexity_name(complexity));
    char signature[PATTERNS_SIGNATURE_MAX];
    bool known = text != NULL && patterns_signature(text, len, signature);
    run_columns_add_text(out, "pattern_signature", known ? signature : NULL);
}

/* ---- the row ----------------------------------------------------------------------------------------------------- */

void run_columns_row(const struct run_facts *facts, struct buf *out)
{
    buf_add_char(out, '{');
    add_texts(out, facts);
    add_numbers(out, facts);
    add_tokens(out, facts);
    add_costs(out, facts);
    add_scores(out, facts);
    buf_add_char(out, '}');
}
