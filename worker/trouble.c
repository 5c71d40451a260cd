#include "worker/trouble.h"

#include <stdbool.h>
#include <stdio.h>

#include "common/base/clock.h"

#define YOUNG_MS 5000 /* who waits tries again, and notes again, within two seconds */

void trouble_note(struct trouble *trouble, const char *text)
{
    pthread_mutex_lock(&trouble->lock);
    trouble->noted_ms = clock_mono_ms();
    snprintf(trouble->text, sizeof trouble->text, "%s", text);
    pthread_mutex_unlock(&trouble->lock);
}

void trouble_tell(struct trouble *trouble, char out[TROUBLE_TEXT_MAX])
{
    pthread_mutex_lock(&trouble->lock);
    int64_t now_ms = clock_mono_ms();
    bool young = trouble->noted_ms != 0 && now_ms - trouble->noted_ms < YOUNG_MS;
    snprintf(out, TROUBLE_TEXT_MAX, "%s", young ? trouble->text : "");
    pthread_mutex_unlock(&trouble->lock);
}
