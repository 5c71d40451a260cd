/* The part of one agent: cost, tokens, time and errors of its result line, added to the run, its phase and models. */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/utf8.h"
#include "common/history/result_cost.h"
#include "common/history/run_assemble.h"
#include "common/history/run_words.h"

#define MESSAGE_MAX 1024
#define DURATION_MAX_MS INT64_C(100000000000) /* three years */

static struct run_phase *phase_named(struct run_facts *facts, const char *directory)
{
    char *name = phase_of_agent(directory);
    for (size_t i = 0; i < facts->phase_count; i++) {
        if (strcmp(facts->phases[i].name, name) != 0)
            continue;
        free(name);
        return &facts->phases[i];
    }
    facts->phases = mem_grow(facts->phases, facts->phase_count + 1, sizeof(*facts->phases));
    struct run_phase *phase = &facts->phases[facts->phase_count++];
    *phase = (struct run_phase){.name = name, .cost_nusd = MONEY_UNKNOWN, .duration_ms = RUN_UNKNOWN};
    return phase;
}

static struct run_model *model_named(struct run_facts *facts, const struct json_slice *name)
{
    for (size_t i = 0; i < facts->model_count; i++)
        if (json_slice_is(name, facts->models[i].name))
            return &facts->models[i];
    facts->models = mem_grow(facts->models, facts->model_count + 1, sizeof(*facts->models));
    struct run_model *model = &facts->models[facts->model_count++];
    *model = (struct run_model){.name = json_slice_text(name)};
    return model;
}

/* Unknown once, unknown forever. */
static void add_cost(int64_t *sum, int64_t nusd)
{
    if (*sum != MONEY_UNKNOWN && (nusd == MONEY_UNKNOWN || !money_add(sum, nusd)))
        *sum = MONEY_UNKNOWN;
}

static void add_model(struct run_assembly *assembly, const struct result_line_model *entry, int64_t nusd)
{
    struct run_model *model = model_named(assembly->facts, &entry->name);
    add_cost(&model->cost_nusd, nusd);
    if (run_tokens_are_counts(&entry->tokens))
        run_tokens_add(&model->tokens, &entry->tokens);
}

static void add_stream_model(struct run_assembly *assembly, const struct run_agent *agent, int64_t nusd)
{
    struct result_line_model entry = {.tokens = agent->line->usage, .cost_nusd = nusd};
    if (agent->stream_model == NULL || agent->stream_model->bytes == NULL)
        return;
    entry.name = *agent->stream_model;
    add_model(assembly, &entry, nusd);
}

static void warn_no_cost(struct run_assembly *assembly, const struct run_agent *agent)
{
    const struct result_line *line = agent->line;
    for (size_t i = 0; i < line->model_count; i++) {
        const struct json_slice *name = &line->models[i].name;
        if (result_cost_of_model(line, i, assembly->prices) == MONEY_UNKNOWN)
            run_facts_warn(assembly->facts, "agent %s: no price is known for model \"%.*s\": its cost is unknown",
                           agent->directory, (int)(name->len < 100 ? name->len : 100), name->bytes);
    }
    if (line->model_count == 0)
        run_facts_warn(assembly->facts, "agent %s: its result line tells neither cost nor a model with a price",
                       agent->directory);
}

static void add_line_cost(struct run_assembly *assembly, const struct run_agent *agent, struct run_phase *phase)
{
    struct run_facts *facts = assembly->facts;
    const struct result_line *line = agent->line;
    struct result_cost_question question = {line, assembly->prices, agent->stream_model};
    int64_t nusd = result_cost(&question, NULL);
    if (nusd == MONEY_UNKNOWN)
        warn_no_cost(assembly, agent);
    if (assembly->lines++ == 0)
        facts->actual_cost_nusd = 0;
    add_cost(&facts->actual_cost_nusd, nusd);
    if (phase->finished == 0)
        phase->cost_nusd = 0;
    phase->finished += !agent->is_again;
    add_cost(&phase->cost_nusd, nusd);
    for (size_t i = 0; i < line->model_count; i++)
        add_model(assembly, &line->models[i], result_cost_of_model(line, i, assembly->prices));
    if (line->model_count == 0)
        add_stream_model(assembly, agent, nusd);
}

/* A column for people: one line, and not a whole page. */
static char *message_of(const char *text)
{
    char message[MESSAGE_MAX];
    printable_copy(message, sizeof(message), text, strlen(text));
    return mem_strdup(message);
}

static void add_line_error(struct run_facts *facts, const struct result_line *line)
{
    if (!result_line_has_error(line))
        return;
    char *text = result_line_error_text(line);
    facts->error_count++;
    facts->error_types[run_error_of_text(text)]++;
    if (facts->error_message == NULL && *text != '\0')
        facts->error_message = message_of(text);
    free(text);
}

static void warn_of_line(struct run_facts *facts, const struct run_agent *agent)
{
    if (agent->line->odd[0] != '\0')
        run_facts_warn(facts, "agent %s: its result line: %s cannot be used and count as absent", agent->directory,
                       agent->line->odd);
    if (agent->line->mended)
        run_facts_warn(facts, "agent %s: its result line holds bytes that are no text: they were replaced",
                       agent->directory);
}

void run_assemble_agent(struct run_assembly *assembly, const struct run_agent *agent)
{
    struct run_facts *facts = assembly->facts;
    struct run_phase *phase = phase_named(facts, agent->directory);
    const struct result_line *line = agent->line;
    struct run_tokens tokens;
    phase->agents += !agent->is_again;
    if (line == NULL)
        return;
    warn_of_line(facts, agent);
    add_line_cost(assembly, agent, phase);
    if (result_line_tokens(line, &tokens)) {
        run_tokens_add(&phase->tokens, &tokens);
        run_tokens_add(&facts->tokens, &tokens);
    } else {
        assembly->tokens_are_partial = true;
        run_facts_warn(facts, "agent %s: its result line tells no tokens", agent->directory);
    }
    if (line->duration_ms >= 0 && line->duration_ms <= DURATION_MAX_MS)
        phase->duration_ms = line->duration_ms + (phase->duration_ms == RUN_UNKNOWN ? 0 : phase->duration_ms);
    facts->errors_known = true;
    add_line_error(facts, line);
}
