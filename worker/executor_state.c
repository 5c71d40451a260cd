#include "worker/executor_state.h"

#include <time.h>

#include "common/base/clock.h"
#include "common/base/log.h"

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
