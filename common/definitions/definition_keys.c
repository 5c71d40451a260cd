/*
 * A definition's file as a whole: tables of its keys, what its parts must be to one another, and its canonical form,
 * whose digest is the version. A row in a table is all that a new key takes. Pure but for the table of kinds that the
 * caller passes in: a file is judged the same on every host. Called by definition_set.c for files, and by
 * definition_registry.c for what PostgreSQL has.
 */
#include "common/definitions/definition.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/mem.h"
#include "common/definitions/cron.h"
#include "common/definitions/definition_read.h"

#define SECOND INT64_C(1000)
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)
#define AHEAD 64 /* jobs that a program may have in hand: enough that it does not wait for the next */

static const struct definition_key phase_keys[] = {
#define AT(field) offsetof(struct definition_phase, field)
    {"id", DEFINITION_REQUIRED, definition_read_id, AT(id), 1, DEFINITION_ID_MAX},
    {"label", DEFINITION_OPTIONAL, definition_read_line, AT(label), 1, 100},
    {"job", DEFINITION_REQUIRED, definition_read_line, AT(job), 1, DEFINITION_ID_MAX},
    {"over", DEFINITION_OPTIONAL, definition_read_line, AT(over), 1, DEFINITION_ID_MAX},
    {"items", DEFINITION_OPTIONAL, definition_read_items, 0, 0, 0},
    {"statement", DEFINITION_OPTIONAL, definition_read_statement, 0, 1, 65536},
    {"command", DEFINITION_OPTIONAL, definition_read_command, 0, 0, 0},
    {"environment", DEFINITION_OPTIONAL, definition_read_environment, 0, 0, 0},
    {"process", DEFINITION_OPTIONAL, definition_read_process, 0, 0, 0},
    {"ahead", DEFINITION_OPTIONAL, definition_read_count, AT(command.ahead), 1, 1000},
    {"effect", DEFINITION_OPTIONAL, definition_read_effect, 0, 1, 65536},
    {.name = NULL},
#undef AT
};

/* True if `wanted` is a job (`job` NULL) or a selection of `job`; else all there are stand in `known`. */
static bool find_name(const struct definition_names *names, const char *job, const char *wanted, struct buf *known)
{
    const char *name;

    for (size_t i = 0; (name = job ? names->selection(job, i, names->context) : names->job(i, names->context)); i++) {
        if (!strcmp(name, wanted))
            return true;
        buf_addf(known, "%s%s", i ? ", " : "", name);
    }
    return false;
}

static enum err check_names(struct definition_reader *reader, const struct definition_phase *phase,
                            const struct yaml_node *node)
{
    struct buf jobs = BUF_INIT, selections = BUF_INIT;
    enum err err = ERR_OK;

    if (!reader->names)
        return ERR_OK;
    if (!find_name(reader->names, NULL, phase->job, &jobs))
        err = yaml_error(yaml_get(node, "job"), reader->error, "there is no job \"%s\"; the jobs are %s", phase->job,
                         jobs.data);
    else if (!find_name(reader->names, phase->job, phase->over, &selections))
        err = yaml_error(yaml_get(node, "over"), reader->error,
                         "the job \"%s\" has no selection \"%s\"; its selections are %s", phase->job, phase->over,
                         selections.data);
    buf_fini(&jobs);
    buf_fini(&selections);
    return err;
}

static enum err read_phase(struct definition_reader *reader, const struct yaml_node *node,
                           struct definition *definition)
{
    struct definition_phase *phase = &definition->phases[definition->phase_count++];
    phase->command.ahead = AHEAD;

    if (definition_read_mapping(reader, phase_keys, "a phase", node, phase))
        return ERR_USAGE;
    if (definition_check_recipe(reader, phase, node) != ERR_OK)
        return ERR_USAGE;
    if (!phase->label)
        phase->label = mem_strdup(phase->id);
    for (const struct definition_phase *other = definition->phases; other < phase; other++) {
        if (!strcmp(other->id, phase->id))
            return yaml_error(yaml_get(node, "id"), reader->error, "there is a phase \"%s\" already", phase->id);
    }
    return check_names(reader, phase, node);
}

static enum err read_phases(struct definition_reader *reader, const struct definition_key *key,
                            const struct yaml_node *node, void *target)
{
    struct definition *definition = target;

    if (node->kind != YAML_SEQUENCE || !node->count || node->count > DEFINITION_PHASES_MAX)
        return yaml_error(node, reader->error, "\"%s\" must be a list of 1 to %d phases", key->name,
                          DEFINITION_PHASES_MAX);
    definition->phases = mem_array(node->count, sizeof *definition->phases);
    for (size_t i = 0; i < node->count; i++) {
        if (read_phase(reader, node->items[i], definition))
            return ERR_USAGE;
    }
    return ERR_OK;
}

static enum err read_backoff(struct definition_reader *reader, const struct definition_key *key,
                             const struct yaml_node *node, void *target)
{
    struct definition_retry *retry = target;
    const char *text = node->kind == YAML_SCALAR ? node->scalar : "";

    if (strcmp(text, "exponential") && strcmp(text, "fixed"))
        return yaml_error(node, reader->error, "\"%s\" must be exponential or fixed", key->name);
    retry->backoff = strcmp(text, "fixed") ? DEFINITION_EXPONENTIAL : DEFINITION_FIXED;
    return ERR_OK;
}

static enum err read_jitter(struct definition_reader *reader, const struct definition_key *key,
                            const struct yaml_node *node, void *target)
{
    struct definition_retry *retry = target;
    struct json_object *value = yaml_to_json(node);
    enum json_type type = json_object_get_type(value);
    double jitter = type == json_type_int || type == json_type_double ? json_object_get_double(value) : -1;

    json_object_put(value);
    if (jitter < 0 || jitter > 1)
        return yaml_error(node, reader->error, "\"%s\" must be a number from 0 to 1", key->name);
    retry->jitter = jitter;
    return ERR_OK;
}

static const struct definition_key retry_keys[] = {
#define AT(field) offsetof(struct definition_retry, field)
    {"attempts", DEFINITION_OPTIONAL, definition_read_count, AT(attempts), 1, 100},
    {"backoff", DEFINITION_OPTIONAL, read_backoff, 0, 0, 0},
    {"base", DEFINITION_OPTIONAL, definition_read_duration, AT(base_ms), 1, DAY},
    {"max", DEFINITION_OPTIONAL, definition_read_duration, AT(max_ms), 1, DAY},
    {"jitter", DEFINITION_OPTIONAL, read_jitter, 0, 0, 0},
    {.name = NULL},
#undef AT
};

static enum err read_retry(struct definition_reader *reader, const struct definition_key *key,
                           const struct yaml_node *node, void *target)
{
    struct definition *definition = target;

    (void)key;
    if (definition_read_mapping(reader, retry_keys, "retry", node, &definition->retry))
        return ERR_USAGE;
    if (definition->retry.base_ms > definition->retry.max_ms)
        return yaml_error(node, reader->error, "retry: base (%lld ms) is longer than max (%lld ms)",
                          (long long)definition->retry.base_ms, (long long)definition->retry.max_ms);
    return ERR_OK;
}

static enum err read_cron(struct definition_reader *reader, const struct definition_key *key,
                          const struct yaml_node *node, void *target)
{
    struct cron cron;
    struct err_info why;

    if (definition_read_line(reader, key, node, target))
        return ERR_USAGE;
    return cron_parse(node->scalar, &cron, &why) ? yaml_error(node, reader->error, "%s", why.text) : ERR_OK;
}

static const struct definition_key schedule_keys[] = {
#define AT(field) offsetof(struct definition, field)
    {"every", DEFINITION_OPTIONAL, definition_read_duration, AT(every_ms), SECOND, 366 * DAY},
    {"cron", DEFINITION_OPTIONAL, read_cron, AT(cron), 1, 200},
    {.name = NULL},
#undef AT
};

static enum err read_schedule(struct definition_reader *reader, const struct definition_key *key,
                              const struct yaml_node *node, void *target)
{
    if (definition_read_mapping(reader, schedule_keys, "schedule", node, target))
        return ERR_USAGE;
    if (node->count != 1)
        return yaml_error(node, reader->error, "\"%s\" must have one of the keys every and cron", key->name);
    return ERR_OK;
}

static const struct definition_key file_keys[] = {
#define AT(field) offsetof(struct definition, field)
    {"id", DEFINITION_REQUIRED, definition_read_id, AT(id), 1, DEFINITION_ID_MAX},
    {"name", DEFINITION_REQUIRED, definition_read_line, AT(name), 1, 200},
    {"description", DEFINITION_OPTIONAL, definition_read_text, AT(description), 1, 4000},
    {"args", DEFINITION_OPTIONAL, definition_read_args, 0, 0, 0},
    {"confirm", DEFINITION_OPTIONAL, definition_read_text, AT(confirm), 1, 1000},
    {"phases", DEFINITION_REQUIRED, read_phases, 0, 0, 0},
    {"retry", DEFINITION_OPTIONAL, read_retry, 0, 0, 0},
    {"timeout", DEFINITION_OPTIONAL, definition_read_duration, AT(timeout_ms), SECOND, DAY},
    {"window", DEFINITION_OPTIONAL, definition_read_count, AT(window), 1, 1000},
    {"chunk", DEFINITION_OPTIONAL, definition_read_count, AT(chunk), 1, 10000},
    {"schedule", DEFINITION_OPTIONAL, read_schedule, 0, 0, 0},
    {.name = NULL},
#undef AT
};

/* No person is there to give an argument when the clock starts an operation. */
static enum err check_schedule(struct definition_reader *reader, const struct definition *definition,
                               const struct yaml_node *root)
{
    const struct yaml_node *schedule = yaml_get(root, "schedule");

    for (size_t i = 0; schedule && i < definition->arg_count; i++) {
        const struct definition_arg *arg = &definition->args[i];
        if (arg->required && !arg->fallback)
            return yaml_error(schedule, reader->error,
                              "what has a schedule starts without arguments: give \"%s\" a default", arg->name);
    }
    return ERR_OK;
}

static enum err check_commands(struct definition_reader *reader, const struct definition *definition,
                               const struct yaml_node *root)
{
    const struct yaml_node *phases = yaml_get(root, "phases");
    enum err err = ERR_OK;

    for (size_t i = 0; i < phases->count && err == ERR_OK; i++)
        err = definition_check_command(reader, definition, phases->items[i]);
    return err;
}

static struct definition *definition_new(void)
{
    struct definition *definition = mem_zalloc(sizeof *definition);

    definition->retry = (struct definition_retry){5, DEFINITION_EXPONENTIAL, SECOND, 60 * SECOND, 0.2};
    definition->timeout_ms = 15 * 60 * SECOND;
    definition->window = 16;
    return definition;
}

static enum err build(const struct yaml_node *root, const struct definition_names *names, struct definition **out,
                      struct err_info *error)
{
    struct definition_reader reader = {names, error};
    struct definition *definition = definition_new();
    enum err err = definition_read_mapping(&reader, file_keys, "a definition", root, definition);

    if (err == ERR_OK)
        err = check_schedule(&reader, definition, root);
    if (err == ERR_OK)
        err = check_commands(&reader, definition, root);
    if (err != ERR_OK) {
        definition_drop(definition);
        return err;
    }
    definition->content = yaml_to_json(root);
    *out = definition;
    return ERR_OK;
}

enum err definition_parse(const char *bytes, size_t len, const struct definition_names *names, struct definition **out,
                          struct err_info *error)
{
    struct yaml_node *root;

    *out = NULL;
    enum err err = yaml_parse(bytes, len, &root, error);
    if (err != ERR_OK)
        return err;
    err = build(root, names, out, error);
    yaml_drop(root);
    return err;
}

enum err definition_from_canonical(const char *json, size_t len, const struct definition_names *names,
                                   struct definition **out, struct err_info *error)
{
    struct json_object *content;
    /* Escapes make the canonical form longer than the file that it came from, six bytes for one at most. */
    struct json_limits limits = {6 * (size_t)YAML_MAX_BYTES, YAML_MAX_DEPTH};

    *out = NULL;
    enum err err = json_parse(json, len, limits, &content, error);
    if (err != ERR_OK)
        return err;
    struct yaml_node *root = yaml_from_json(content);
    json_object_put(content);
    err = build(root, names, out, error);
    yaml_drop(root);
    return err;
}

static void arg_fini(struct definition_arg *arg)
{
    free(arg->name);
    free(arg->description);
    free(arg->pattern);
    json_object_put(arg->choices);
    json_object_put(arg->minimum);
    json_object_put(arg->maximum);
    json_object_put(arg->fallback);
}

static void phase_fini(struct definition_phase *phase)
{
    free(phase->id);
    free(phase->label);
    free(phase->job);
    free(phase->over);
    free(phase->selection.text);
    free(phase->statement.text);
    free(phase->effect.text);
    definition_command_fini(&phase->command);
}

void definition_drop(struct definition *definition)
{
    if (!definition)
        return;
    for (size_t i = 0; i < definition->arg_count; i++)
        arg_fini(&definition->args[i]);
    for (size_t i = 0; i < definition->phase_count; i++)
        phase_fini(&definition->phases[i]);
    free(definition->args);
    free(definition->phases);
    free(definition->id);
    free(definition->name);
    free(definition->description);
    free(definition->confirm);
    free(definition->cron);
    json_object_put(definition->content);
    free(definition);
}

void definition_canonical(const struct definition *definition, struct buf *out)
{
    json_add_canonical(out, definition->content);
}

void definition_digest(const struct definition *definition, char out[SHA256_HEX + 1])
{
    struct buf canonical = BUF_INIT;
    uint8_t digest[SHA256_BYTES];

    definition_canonical(definition, &canonical);
    crypto_sha256(canonical.data, canonical.len, digest);
    crypto_hex(digest, sizeof digest, out);
    buf_fini(&canonical);
}
