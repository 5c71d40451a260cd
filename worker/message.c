#include "worker/message.h"

#include <stdlib.h>

#include "common/base/mem.h"

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
