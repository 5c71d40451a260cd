/*
 * How a program of a definition's own is started: its words and its environment with the arguments of the operation in
 * their places, nothing of ours inherited. It is kept while what it was started with stays the same.
 */
#include "worker/run/command_tools.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#define MEBI INT64_C(1048576)
#define WORD_BYTES_MAX 131072 /* Linux: MAX_ARG_STRLEN */

void command_tools_end_program(struct command_tools *tools, struct program_end *end)
{
    program_drop(tools->program, end);
    free(tools->key);
    free(tools->operation_id);
    *tools = (struct command_tools){.program = NULL};
}

/* It has nothing in hand, and may end in its own way. */
static void retire_program(struct command_tools *tools)
{
    program_retire(tools->program);
    tools->program = NULL;
    command_tools_end_program(tools, NULL);
}

void command_tools_drop(void *context)
{
    struct command_tools *tools = context;
    retire_program(tools);
    free(tools);
}

/* The words of a program, or of its environment, with their arguments filled in. */
static char **fill_words(char *const *words, size_t count, struct json_object *args, size_t room)
{
    char **filled = mem_array(count + room + 1, sizeof *filled);
    for (size_t i = 0; i < count; i++) {
        struct buf word = BUF_INIT;
        definition_command_fill(words[i], args, &word);
        filled[i] = buf_take(&word);
    }
    return filled;
}

static void words_drop(char **words)
{
    for (size_t i = 0; words[i] != NULL; i++)
        free(words[i]);
    free(words);
}

/* All that a program is started with; nothing of ours is inherited. */
struct launch {
    char **argv, **environment;
    struct child_spec spec;
};

static void launch_fini(struct launch *launch)
{
    words_drop(launch->argv);
    words_drop(launch->environment);
}

/* What no kernel takes. */
static enum err check_lengths(char *const *words, struct err_info *error)
{
    for (size_t i = 0; words[i] != NULL; i++)
        if (strlen(words[i]) >= WORD_BYTES_MAX)
            return err_set(error, ERR_PERMANENT,
                           "with its arguments filled in, a word of the command (or of its environment) has %zu bytes; "
                           "a system takes less than %d: give it less",
                           strlen(words[i]), WORD_BYTES_MAX);
    return ERR_OK;
}

static enum err launch_fill(const struct run *run, const struct definition_command *command, struct launch *launch,
                            struct err_info *error)
{
    const char *directory = run->config->jobs_commands, *path = getenv("PATH");
    struct buf word = BUF_INIT;
    char *program;
    enum err err = program_find(directory, command->words[0], &program, error);
    launch->argv = fill_words(command->words, command->word_count, run->args, 0);
    launch->environment = fill_words(command->environment, command->environment_count, run->args, 3);
    if (err != ERR_OK)
        return err;
    free(launch->argv[0]);
    launch->argv[0] = program;
    size_t at = command->environment_count;
    buf_addf(&word, "PATH=%s", path == NULL ? "/usr/local/bin:/usr/bin:/bin" : path);
    launch->environment[at++] = buf_take(&word);
    launch->environment[at++] = mem_strdup("LANG=C.UTF-8");
    buf_addf(&word, "REPRISE_DEFINITION=%s", run->definition->id);
    launch->environment[at] = buf_take(&word);
    launch->spec = (struct child_spec){.argv = (const char *const *)launch->argv,
                                       .environment = (const char *const *)launch->environment,
                                       .directory = directory,
                                       .memory_bytes = command->memory_mib * MEBI,
                                       .cpu_s = command->cpu_s,
                                       .open_files = command->open_files};
    err = check_lengths(launch->argv, error);
    return err == ERR_OK ? check_lengths(launch->environment, error) : err;
}

/* Two programs with one key are the same. */
static char *launch_key(const struct launch *launch)
{
    struct buf key = BUF_INIT;
    for (size_t i = 0; launch->argv[i] != NULL; i++)
        buf_addf(&key, "%zu %s\n", strlen(launch->argv[i]), launch->argv[i]);
    buf_add_str(&key, "environment\n");
    for (size_t i = 0; launch->environment[i] != NULL; i++)
        buf_addf(&key, "%zu %s\n", strlen(launch->environment[i]), launch->environment[i]);
    buf_addf(&key, "%lld %lld %lld", (long long)launch->spec.memory_bytes, (long long)launch->spec.cpu_s,
             (long long)launch->spec.open_files);
    return buf_take(&key);
}

static void say_hello(const struct run *run, struct command_tools *tools)
{
    struct buf line = BUF_INIT;
    buf_addf(&line, "{\"hello\":{\"operation_id\":\"%s\",\"definition\":\"%s\",\"args\":%s}}\n", run->operation_id,
             run->definition->id, json_object_to_json_string_ext(run->args, JSON_C_TO_STRING_PLAIN));
    program_say(tools->program, line.data, line.len);
    buf_fini(&line);
    tools->operation_id = mem_strdup(run->operation_id);
}

enum err command_tools_ready(const struct run *run, const struct definition_command *command,
                             struct command_tools *tools, bool *started, struct err_info *error)
{
    struct launch launch = {.argv = NULL};
    enum err err = launch_fill(run, command, &launch, error);
    char *key = err == ERR_OK ? launch_key(&launch) : NULL;
    if (err == ERR_OK && tools->program != NULL &&
        (strcmp(tools->key, key) != 0 || strcmp(tools->operation_id, run->operation_id) != 0 ||
         program_has_ended(tools->program)))
        retire_program(tools);
    *started = err == ERR_OK && tools->program == NULL;
    if (err == ERR_OK && tools->program == NULL) {
        err = program_start(&launch.spec, &tools->program, error);
        if (err == ERR_OK) {
            tools->key = mem_strdup(key);
            say_hello(run, tools);
        }
    }
    free(key);
    launch_fini(&launch);
    return err;
}
