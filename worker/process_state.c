/*
 * What the threads of a worker process share, how they send each other messages, and how an executor waits and
 * connects again. Nothing here but the health note is written while threads run. Called by all of worker/.
 */
#include "worker/process_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/store/address.h"

#define YOUNG_MS 5000 /* a thread that waits tries, and notes its reason, again within two seconds */

/* ---- the health note --------------------------------------------------------------------------------------------- */

void health_note_add(struct health_note *health, const char *text)
{
    health_note_add_for(health, text, YOUNG_MS);
}

void health_note_add_for(struct health_note *health, const char *text, int64_t for_ms)
{
    pthread_mutex_lock(&health->lock);
    health->until_ms = clock_mono_ms() + for_ms;
    snprintf(health->text, sizeof health->text, "%s", text);
    pthread_mutex_unlock(&health->lock);
}

void health_note_read(struct health_note *health, char out[HEALTH_NOTE_MAX])
{
    pthread_mutex_lock(&health->lock);
    bool young = health->until_ms != 0 && clock_mono_ms() < health->until_ms;
    snprintf(out, HEALTH_NOTE_MAX, "%s", young ? health->text : "");
    pthread_mutex_unlock(&health->lock);
}

/* ---- settings ---------------------------------------------------------------------------------------------------- */

static enum err executors_read_pair(char *pair, int executors[QUEUE_COUNT], struct err_info *error)
{
    char *equals = strchr(pair, '='), *end = NULL;
    if (equals == NULL)
        return err_set(error, ERR_USAGE, "worker.executors: \"%s\" is not of the form queue=number", pair);
    *equals = '\0';
    int queue = queue_index(pair);
    long number = strtol(equals + 1, &end, 10);
    if (queue < 0)
        return err_set(error, ERR_USAGE, "worker.executors: there is no queue \"%s\"; there are delivery and history",
                       pair);
    if (end == equals + 1 || *end != '\0' || number < 0 || number > EXECUTORS_MAX)
        return err_set(error, ERR_USAGE, "worker.executors: %s=%s is not a number from 0 to %d", pair, equals + 1,
                       EXECUTORS_MAX);
    executors[queue] = (int)number;
    return ERR_OK;
}

enum err executors_parse(const char *text, int executors[QUEUE_COUNT], struct err_info *error)
{
    char *copy = mem_strdup(text), *rest = copy;
    int total = 0;
    enum err err = ERR_OK;
    for (int q = 0; q < QUEUE_COUNT; q++)
        executors[q] = 0;
    for (char *pair; err == ERR_OK && (pair = strsep(&rest, ",")) != NULL;)
        err = executors_read_pair(pair, executors, error);
    for (int q = 0; q < QUEUE_COUNT; q++)
        total += executors[q];
    free(copy);
    if (err == ERR_OK && total == 0)
        err = err_set(error, ERR_USAGE,
                      "worker.executors: a worker needs at least one executor, e.g. delivery=8,history=2");
    return err;
}

enum err worker_settings_check(const struct config *config, struct err_info *error)
{
    int executors[QUEUE_COUNT];
    enum err err = executors_parse(config->worker_executors, executors, error);
    return err == ERR_OK ? address_settings_check(config, error) : err;
}

/* ---- messages between the threads -------------------------------------------------------------------------------- */

struct message *message_new(enum message_kind kind, struct executor *executor, const struct chunk *chunk)
{
    struct message *message = mem_zalloc(sizeof *message);
    message->kind = kind;
    message->executor = executor;
    message->due_ms = -1;
    if (chunk != NULL)
        message->chunk = *chunk;
    return message;
}

void message_drop(struct message *message)
{
    if (message == NULL)
        return;
    for (size_t i = 0; i < message->piece_count; i++)
        free(message->pieces[i]);
    free(message->pieces);
    free(message);
}

/* ---- what an executor keeps, and how it stays connected ---------------------------------------------------------- */

#define REPEAT_TRIES 3 /* a deadlock or a broken connection is over by then */
#define REPEAT_BASE_MS 50
#define REPEAT_MAX_MS 2000
#define PAUSE_SLICE_MS 50

bool executor_pause(const struct executor_state *state, int64_t ms)
{
    for (int64_t until = clock_mono_ms() + ms, left = ms; left > 0; left = until - clock_mono_ms()) {
        if (process_is_stopping(state->process))
            return false;
        int64_t slice = left < PAUSE_SLICE_MS ? left : PAUSE_SLICE_MS;
        nanosleep(&(struct timespec){.tv_nsec = (long)slice * 1000000}, NULL);
    }
    return !process_is_stopping(state->process);
}

bool executor_wait(struct executor_state *state, int tries, const struct err_info *why)
{
    if (tries >= REPEAT_TRIES)
        health_note_add(&state->process->health, why->text);
    return executor_pause(state, clock_backoff_ms(tries, REPEAT_BASE_MS, REPEAT_MAX_MS, 0.3, id_random_u32()));
}

bool executor_connect(struct executor_state *state)
{
    struct err_info error = {0};
    for (int tries = 1; pg_ready(state->pg, &error) != ERR_OK; tries++) {
        if (tries == 1)
            log_warn("PostgreSQL does not answer: %s", error.text);
        if (!executor_wait(state, tries, &error))
            return false;
    }
    return !process_is_stopping(state->process);
}

bool executor_may_repeat(enum err err)
{
    return err == ERR_RETRY || err == ERR_UNREACHABLE;
}
