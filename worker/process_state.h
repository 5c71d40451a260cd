/*
 * What keeps a process from its work: whoever waits notes the reason each time, and the heartbeat tells it while it is
 * young. Guards itself; from any thread.
 */
#ifndef REPRISE_WORKER_TROUBLE_H
#define REPRISE_WORKER_TROUBLE_H

#include <pthread.h>
#include <stdint.h>

#define TROUBLE_TEXT_MAX 256

struct trouble {
    pthread_mutex_t lock;
    int64_t until_ms; /* how long it is told; 0 = nothing was noted */
    char text[TROUBLE_TEXT_MAX];
};
#define TROUBLE_INIT                                                                                                   \
    {                                                                                                                  \
        .lock = PTHREAD_MUTEX_INITIALIZER                                                                              \
    }

void trouble_note(struct trouble *trouble, const char *text);
/* The same for what is waited for longer than that. */
void trouble_note_for(struct trouble *trouble, const char *text, int64_t for_ms);
/* "" where nothing was noted lately. */
void trouble_tell(struct trouble *trouble, char out[TROUBLE_TEXT_MAX]);

#endif
