#include "dashboard/byte_queue.h"

#include <string.h>

void byte_queue_fini(struct byte_queue *queue)
{
    buf_fini(&queue->bytes);
    *queue = (struct byte_queue){.taken = 0};
}

/* Once half of it has been taken: so each byte is moved once at the most, on average. */
static void close_up(struct byte_queue *queue)
{
    size_t left = byte_queue_left(queue);
    if (left > queue->taken)
        return;
    if (left > 0)
        memmove(queue->bytes.data, queue->bytes.data + queue->taken, left);
    queue->bytes.len = left;
    queue->taken = 0;
}

void byte_queue_add(struct byte_queue *queue, const void *bytes, size_t len)
{
    close_up(queue);
    buf_add(&queue->bytes, bytes, len);
}

size_t byte_queue_take(struct byte_queue *queue, char *out, size_t room)
{
    size_t left = byte_queue_left(queue), given = left < room ? left : room;
    if (given > 0)
        memcpy(out, queue->bytes.data + queue->taken, given);
    queue->taken += given;
    return given;
}

size_t byte_queue_left(const struct byte_queue *queue)
{
    return queue->bytes.len - queue->taken;
}
