#include "dashboard/byte_queue.h"

#include <string.h>

void outflow_fini(struct outflow *outflow)
{
    buf_fini(&outflow->bytes);
    *outflow = (struct outflow){.taken = 0};
}

/* Once half of it has been taken: so each byte is moved once at the most, on average. */
static void close_up(struct outflow *outflow)
{
    size_t left = outflow_left(outflow);
    if (left > outflow->taken)
        return;
    if (left > 0)
        memmove(outflow->bytes.data, outflow->bytes.data + outflow->taken, left);
    outflow->bytes.len = left;
    outflow->taken = 0;
}

void outflow_add(struct outflow *outflow, const void *bytes, size_t len)
{
    close_up(outflow);
    buf_add(&outflow->bytes, bytes, len);
}

size_t outflow_take(struct outflow *outflow, char *out, size_t room)
{
    size_t left = outflow_left(outflow), given = left < room ? left : room;
    if (given > 0)
        memcpy(out, outflow->bytes.data + outflow->taken, given);
    outflow->taken += given;
    return given;
}

size_t outflow_left(const struct outflow *outflow)
{
    return outflow->bytes.len - outflow->taken;
}
