#include "worker/reaped.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/queue/due.h"

struct one {
    struct one *next;
    char worker[ID_MAX];
};

struct reaped {
    struct pg *pg;
    const struct dispatch *dispatch;
    struct one *first;
};

struct reaped *reaped_new(struct pg *pg, const struct dispatch *dispatch)
{
    struct reaped *reaped = mem_zalloc(sizeof *reaped);
    reaped->pg = pg;
    reaped->dispatch = dispatch;
    return reaped;
}

static void drop_first(struct reaped *reaped)
{
    struct one *one = reaped->first;
    reaped->first = one->next;
    free(one);
}

void reaped_drop(struct reaped *reaped)
{
    if (reaped == NULL)
        return;
    while (reaped->first != NULL)
        drop_first(reaped);
    free(reaped);
}

void reaped_add(struct reaped *reaped, const char *worker)
{
    struct one *one = mem_zalloc(sizeof *one);
    snprintf(one->worker, sizeof one->worker, "%s", worker);
    one->next = reaped->first;
    reaped->first = one;
}

enum err reaped_work(struct reaped *reaped, struct err_info *error)
{
    enum err err = ERR_OK;
    while (reaped->first != NULL && err == ERR_OK) {
        err = due_again(reaped->pg, reaped->dispatch, reaped->first->worker, error);
        if (err == ERR_OK)
            drop_first(reaped);
    }
    return err;
}
