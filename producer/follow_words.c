#include "producer/follow_words.h"

#include "common/base/clock.h"
#include "producer/out.h"

#define LOOK_EVERY_MS 2000
#define LOOK_AGAIN_MS 10000 /* after Redis did not answer: a look at it may take seconds */

static void say(const struct follow_words *words, const char *what)
{
    const char *id = words->operation_id;
    out_note("Operation %s waits: %s. Ctrl-C ends the waiting, not the operation; afterwards: producer progress %s "
             "--watch, or producer cancel %s",
             id, what, id, id);
}

static void say_once(const struct follow_words *words, bool *told, const char *what)
{
    if (!*told)
        say(words, what);
    *told = true;
}

void follow_words_runs(struct follow_words *words)
{
    struct err_info error = {0};
    int64_t alive = 0, now_ms = clock_mono_ms();
    if (now_ms < words->next_look_ms)
        return;
    enum err err = session_redis(words->session, &error);
    if (err == ERR_OK)
        err = dispatch_live_workers(&words->session->dispatch, &alive, &error);
    words->next_look_ms = clock_mono_ms() + (err == ERR_OK ? LOOK_EVERY_MS : LOOK_AGAIN_MS);
    if (err != ERR_OK) {
        say_once(words, &words->told_redis, "Redis does not answer; bring it back, then it goes on by itself");
        return;
    }
    words->told_redis = false;
    if (alive == 0)
        say_once(words, &words->told_workers, "no worker is alive; start one, then it goes on by itself");
    else
        words->told_workers = false;
}

void follow_words_lost(struct follow_words *words, const struct err_info *why)
{
    if (!words->told_postgres)
        out_note("Operation %s cannot be seen for the moment: %s; it is asked again", words->operation_id, why->text);
    words->told_postgres = true;
}

void follow_words_found(struct follow_words *words)
{
    words->told_postgres = false;
}
