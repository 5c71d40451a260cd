/*
 * Puts a run together: times, cost, phases and errors from its state file or summary, then what its agents add
 * (run_assemble_agent.c), then what follows from all of it. What one source says is never overwritten by a weaker one.
 * Pure. Called by worker/run/history_files.c.
 */
#include "common/history/run_assemble.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/history/run_words.h"

void run_assemble_begin(struct run_assembly *assembly, struct run_facts *facts, const struct prices *prices,
                        const char *adw_id)
{
    *assembly = (struct run_assembly){.facts = facts, .prices = prices};
    facts->adw_id = mem_strdup(adw_id);
}

/* The first of `count` texts that is there, moved out; NULL if none is. */
static char *take(struct state_file *state, int first, int count)
{
    for (int i = first; i < first + count; i++) {
        char *text = state->texts[i];
        state->texts[i] = NULL;
        if (text != NULL)
            return text;
    }
    return NULL;
}

/* What is left of a text that is longer than is ever meant: a worker holds many runs at once, and compares their texts.
 */
static char *cut(struct run_facts *facts, const char *what, char *text, size_t most)
{
    size_t len = text == NULL ? 0 : strlen(text), end = most;
    if (len <= most)
        return text;
    while (end > 0 && ((unsigned char)text[end] & 0xC0) == 0x80)
        end--;
    char *kept = mem_strndup(text, end);
    run_facts_warn(facts, "%s: only the first %zu of %zu bytes are kept", what, end, len);
    free(text);
    return kept;
}

static void take_texts(struct run_facts *facts, struct state_file *state)
{
    const struct {
        const char *name;
        char **into;
        int first, count;
    } columns[] = {
        {"issue_number", &facts->issue_number, STATE_ISSUE_NUMBER, 1},
        {"nl_input", &facts->nl_input, STATE_NL_INPUT, 2},
        {"github_url", &facts->github_url, STATE_GITHUB_URL, 1},
        {"gh_issue_state", &facts->gh_issue_state, STATE_ISSUE_STATE, 2},
        {"workflow_template", &facts->workflow_template, STATE_WORKFLOW_TEMPLATE, 2},
        {"model_used", &facts->model_used, STATE_MODEL_USED, 3},
        {"error_message", &facts->error_message, STATE_ERROR_MESSAGE, 1},
        {"current_phase", &facts->current_phase, STATE_CURRENT_PHASE, 2},
        {"worktree_path", &facts->worktree_path, STATE_WORKTREE_PATH, 1},
        {"branch_name", &facts->branch_name, STATE_BRANCH_NAME, 1},
        {"plan_file", &facts->plan_file, STATE_PLAN_FILE, 1},
        {"issue_class", &facts->issue_class, STATE_ISSUE_CLASS, 1},
    };
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
        *columns[i].into = cut(facts, columns[i].name, take(state, columns[i].first, columns[i].count),
                               columns[i].into == &facts->nl_input ? RUN_REQUEST_MAX : RUN_TEXT_MAX);
}

/* False, with a warning, for a text that is no time; a missing one is just not known. */
static bool read_time(struct run_facts *facts, const char *text, const char *what, struct written_time *out)
{
    if (text == NULL)
        return false;
    if (written_time_parse(text, out) || written_time_of_number(text, out))
        return true;
    run_facts_warn(facts, "%s \"%.60s\" is no time like 2025-12-10T10:33:03", what, text);
    return false;
}

static void take_times(struct run_facts *facts, struct state_file *state)
{
    char *start = take(state, STATE_START_TIME, 3), *end = take(state, STATE_END_TIME, 1);
    struct written_time time;
    if (read_time(facts, start, "start_time", &time)) {
        facts->start_us = time.unix_us;
        facts->hour_of_day = time.hour;
        facts->day_of_week = time.weekday;
    }
    if (read_time(facts, end, "end_time", &time))
        facts->end_us = time.unix_us;
    facts->duration_ms = state->duration_ms;
    free(start);
    free(end);
}

static enum run_flag flag_of(enum state_flag flag, const char *text, const char *const *good)
{
    if (flag != STATE_FLAG_UNKNOWN)
        return flag == STATE_FLAG_YES ? RUN_FLAG_YES : RUN_FLAG_NO;
    if (text == NULL)
        return RUN_FLAG_UNKNOWN;
    for (; *good != NULL; good++)
        if (strcasecmp(text, *good) == 0)
            return RUN_FLAG_YES;
    return RUN_FLAG_NO;
}

static void take_errors(struct run_facts *facts, const struct state_file *state)
{
    static const char *const merged[] = {"merged", NULL}, *const passed[] = {"success", "passed", NULL};
    facts->errors_known = state->has_error_list || facts->error_message != NULL;
    facts->error_count = state->error_count;
    memcpy(facts->error_types, state->error_types, sizeof(facts->error_types));
    enum run_error_type type = run_error_of_text(facts->error_message);
    if (facts->error_message != NULL && facts->error_types[type] == 0)
        facts->error_types[type] = 1;
    facts->pull_request_merged = flag_of(state->pull_request_merged, state->texts[STATE_PR_STATE], merged);
    facts->ci_passed = flag_of(state->ci_passed, state->texts[STATE_CI_STATUS], passed);
}

static enum run_status status_of(const struct state_file *state)
{
    enum run_status status = run_status_of_word(state->texts[STATE_STATUS]);
    if (status == RUN_STATUS_UNKNOWN)
        status = run_status_of_word(state->texts[STATE_WORKFLOW_STATUS]);
    if (status == RUN_STATUS_UNKNOWN && state->overall_success != STATE_FLAG_UNKNOWN)
        status = state->overall_success == STATE_FLAG_YES ? RUN_STATUS_COMPLETED : RUN_STATUS_FAILED;
    return status;
}

void run_assemble_state(struct run_assembly *assembly, struct state_file *state)
{
    struct run_facts *facts = assembly->facts;
    const char *id = state->texts[STATE_ADW_ID] != NULL ? state->texts[STATE_ADW_ID] : state->texts[STATE_ID];
    if (id != NULL && strcmp(id, facts->adw_id) != 0)
        run_facts_warn(facts, "the file says adw_id \"%.100s\": the directory's name counts", id);
    if (state->odd[0] != '\0')
        run_facts_warn(facts, "its state file: %s cannot be used and count as absent", state->odd);
    if (state->mended)
        run_facts_warn(facts, "its state file holds bytes that are no text: they were replaced");
    assembly->written = status_of(state);
    take_texts(facts, state);
    take_times(facts, state);
    take_errors(facts, state);
    facts->backend_port = state->backend_port;
    facts->frontend_port = state->frontend_port;
    facts->phases_done = state->phases_done;
    facts->retry_count = state->retry_count;
    bool has_total = state->estimated_cost_nusd != MONEY_UNKNOWN;
    facts->estimated_cost_nusd = has_total ? state->estimated_cost_nusd : state->breakdown_nusd;
    assembly->estimated_steps = state->breakdown_steps;
}

static void settle_status(struct run_assembly *assembly, const struct run_signs *signs)
{
    struct run_facts *facts = assembly->facts;
    bool has_log = signs->error_log_us != RUN_UNKNOWN;
    facts->status = run_status_infer(&(struct run_status_signs){
        .written = assembly->written,
        .has_error_log = has_log,
        .has_plan_file = facts->plan_file != NULL,
        .has_branch_name = facts->branch_name != NULL,
        .adw_directories = signs->adw_directories,
    });
    bool log_decides = has_log && !run_status_is_final(assembly->written);
    if (log_decides && facts->end_us == RUN_UNKNOWN)
        facts->end_us = signs->error_log_us;
    if (facts->start_us == RUN_UNKNOWN || facts->end_us == RUN_UNKNOWN)
        return;
    if (facts->end_us >= facts->start_us)
        facts->duration_ms = (facts->end_us - facts->start_us) / 1000;
    else
        run_facts_warn(facts, "the run ends before it starts: no duration can be told from that");
}

static int by_phase(const void *a, const void *b)
{
    return phase_order(((const struct run_phase *)a)->name, ((const struct run_phase *)b)->name);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct run_model *)a)->name, ((const struct run_model *)b)->name);
}

/* "Takes over 30 % of the duration"; the phases together leave the rest idle. */
static void settle_phases(struct run_facts *facts)
{
    int64_t sum_ms = 0, again = 0;
    bool all_known = facts->phase_count > 0;
    for (size_t i = 0; i < facts->phase_count; i++) {
        const struct run_phase *phase = &facts->phases[i];
        again += (int64_t)phase->agents - 1;
        if (phase->duration_ms == RUN_UNKNOWN) {
            all_known = false;
            continue;
        }
        sum_ms += phase->duration_ms;
        if (facts->bottleneck_phase == NULL && facts->duration_ms > 0 &&
            phase->duration_ms * 10 > facts->duration_ms * 3)
            facts->bottleneck_phase = phase->name;
    }
    if (facts->retry_count == RUN_UNKNOWN && facts->phase_count > 0)
        facts->retry_count = again;
    if (all_known && facts->duration_ms > 0) {
        double idle = 1.0 - (double)sum_ms / (double)facts->duration_ms;
        facts->idle_share = idle > 0.0 ? idle : 0.0; /* agents may run side by side */
    }
}

static void settle_cost(struct run_assembly *assembly)
{
    struct run_facts *facts = assembly->facts;
    facts->has_cost = assembly->lines > 0 && facts->actual_cost_nusd != MONEY_UNKNOWN;
    facts->has_tokens = assembly->lines > 0 && !assembly->tokens_are_partial;
    if (assembly->lines == 0)
        run_facts_warn(facts, "no cost data: no agent has a result line");
    facts->total_tokens = run_tokens_total(&facts->tokens);
    facts->cache_efficiency_percent = run_tokens_cache_efficiency(&facts->tokens);
    int64_t steps = run_facts_phase_count(facts);
    int64_t estimated_steps = assembly->estimated_steps > 0 ? assembly->estimated_steps : steps;
    facts->estimated_cost_per_step_nusd = money_divide(facts->estimated_cost_nusd, estimated_steps);
    facts->actual_cost_per_step_nusd = money_divide(facts->actual_cost_nusd, steps);
    if (facts->has_tokens)
        facts->cost_per_token_nusd = money_divide(facts->actual_cost_nusd, facts->total_tokens);
}

/* Where no file names a model: the one that cost most. */
static void settle_model(struct run_facts *facts)
{
    const struct run_model *most = NULL;
    for (size_t i = 0; i < facts->model_count; i++)
        if (most == NULL || facts->models[i].cost_nusd > most->cost_nusd)
            most = &facts->models[i];
    if (facts->model_used == NULL && most != NULL)
        facts->model_used = cut(facts, "model_used", mem_strdup(most->name), RUN_TEXT_MAX);
}

static void settle_category(struct run_facts *facts)
{
    for (int type = 0; type < RUN_ERROR_TYPES && facts->error_category == NULL; type++)
        if (facts->error_types[type] > 0)
            facts->error_category = run_error_name((enum run_error_type)type);
}

void run_assemble_end(struct run_assembly *assembly, const struct run_signs *signs)
{
    struct run_facts *facts = assembly->facts;
    settle_status(assembly, signs);
    if (facts->phase_count > 0)
        qsort(facts->phases, facts->phase_count, sizeof(*facts->phases), by_phase);
    if (facts->model_count > 0)
        qsort(facts->models, facts->model_count, sizeof(*facts->models), by_name);
    settle_phases(facts);
    settle_cost(assembly);
    settle_model(facts);
    settle_category(facts);
}
