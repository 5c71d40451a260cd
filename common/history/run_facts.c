#include "common/history/run_facts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/utf8.h"

#define WARNING_MAX 512

void run_facts_init(struct run_facts *facts)
{
    *facts = (struct run_facts){
        .status = RUN_STATUS_RUNNING,
        .backend_port = RUN_UNKNOWN,
        .frontend_port = RUN_UNKNOWN,
        .start_us = RUN_UNKNOWN,
        .end_us = RUN_UNKNOWN,
        .duration_ms = RUN_UNKNOWN,
        .hour_of_day = -1,
        .day_of_week = -1,
        .actual_cost_nusd = MONEY_UNKNOWN,
        .estimated_cost_nusd = MONEY_UNKNOWN,
        .estimated_cost_per_step_nusd = MONEY_UNKNOWN,
        .actual_cost_per_step_nusd = MONEY_UNKNOWN,
        .cost_per_token_nusd = MONEY_UNKNOWN,
        .phases_done = RUN_UNKNOWN,
        .idle_share = -1.0,
        .retry_count = RUN_UNKNOWN,
    };
}

void run_facts_fini(struct run_facts *facts)
{
    char *const texts[] = {
        facts->adw_id,         facts->issue_number,      facts->nl_input,    facts->github_url,
        facts->gh_issue_state, facts->workflow_template, facts->model_used,  facts->error_message,
        facts->current_phase,  facts->worktree_path,     facts->branch_name, facts->plan_file,
        facts->issue_class,
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        free(texts[i]);
    for (size_t i = 0; i < facts->model_count; i++)
        free(facts->models[i].name);
    free(facts->models);
    for (size_t i = 0; i < facts->phase_count; i++)
        free(facts->phases[i].name);
    free(facts->phases);
    for (size_t i = 0; i < facts->warning_count && i < RUN_WARNINGS_MAX; i++)
        free(facts->warnings[i]);
    run_facts_init(facts);
}

void run_facts_warn(struct run_facts *facts, const char *format, ...)
{
    char text[WARNING_MAX], safe[WARNING_MAX];
    size_t at = facts->warning_count++;
    if (at >= RUN_WARNINGS_MAX)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    printable_copy(safe, sizeof(safe), text, strlen(text));
    facts->warnings[at] = mem_strdup(safe);
}

size_t run_facts_bytes(const struct run_facts *facts)
{
    size_t bytes = sizeof *facts + (facts->nl_input == NULL ? 0 : strlen(facts->nl_input));
    for (size_t i = 0; i < facts->model_count; i++)
        bytes += sizeof facts->models[i] + strlen(facts->models[i].name);
    for (size_t i = 0; i < facts->phase_count; i++)
        bytes += sizeof facts->phases[i] + strlen(facts->phases[i].name);
    return bytes;
}

int64_t run_facts_phase_count(const struct run_facts *facts)
{
    return facts->phase_count > 0 ? (int64_t)facts->phase_count : facts->phases_done;
}
