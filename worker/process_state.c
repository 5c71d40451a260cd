#include "worker/process_state.h"

#include <stdbool.h>
#include <stdio.h>

#include "common/base/clock.h"

#define YOUNG_MS 5000 /* who waits tries again, and notes again, within two seconds */

void trouble_note(struct trouble *trouble, const char *text)
{
    trouble_note_for(trouble, text, YOUNG_MS);
}

void trouble_note_for(struct trouble *trouble, const char *text, int64_t for_ms)
{
    pthread_mutex_lock(&trouble->lock);
    trouble->until_ms = clock_mono_ms() + for_ms;
    snprintf(trouble->text, sizeof trouble->text, "%s", text);
    pthread_mutex_unlock(&trouble->lock);
}

void trouble_tell(struct trouble *trouble, char out[TROUBLE_TEXT_MAX])
{
    pthread_mutex_lock(&trouble->lock);
    bool young = trouble->until_ms != 0 && clock_mono_ms() < trouble->until_ms;
    snprintf(out, TROUBLE_TEXT_MAX, "%s", young ? trouble->text : "");
    pthread_mutex_unlock(&trouble->lock);
}
