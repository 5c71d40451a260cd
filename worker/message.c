#include "worker/message.h"

#include <stdlib.h>

#include "common/base/mem.h"

struct work *work_new(enum work_event event, struct executor *executor, const struct chunk *chunk)
{
    struct work *work = mem_zalloc(sizeof *work);
    work->event = event;
    work->executor = executor;
    work->due_ms = -1;
    if (chunk != NULL)
        work->chunk = *chunk;
    return work;
}

void work_drop(struct work *work)
{
    if (work == NULL)
        return;
    for (size_t i = 0; i < work->piece_count; i++)
        free(work->pieces[i]);
    free(work->pieces);
    free(work);
}
