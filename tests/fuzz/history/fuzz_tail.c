/*
 * Any stream from its end: the lines of its beginning in the reverse order, with NUL bytes cut from their edges. The
 * driver's inputs are smaller than a block, so that the stream is the input some times over.
 */
#include <string.h>

#include "common/base/buf.h"
#include "common/history/tail.h"
#include "tests/fuzz/fuzz.h"

#define STREAM_MIN ((size_t)40 * 1024)

/* The last line of `text`, cut from it; false if there is none. What reading from the beginning would give. */
static bool cut_line(const char *text, size_t *len, struct tail_line *line)
{
    while (*len > 0) {
        size_t end = *len, begin = end;
        while (begin > 0 && text[begin - 1] != '\n')
            begin--;
        *len = begin > 0 ? begin - 1 : 0;
        while (begin < end && text[begin] == '\0')
            begin++;
        while (end > begin && text[end - 1] == '\0')
            end--;
        *line = (struct tail_line){text + begin, end - begin, (int64_t)begin};
        if (end > begin)
            return true;
    }
    return false;
}

static bool next_line(struct tail *tail, const char *text, struct tail_line *line)
{
    enum tail_step step;
    while ((step = tail_next(tail, line)) == TAIL_FEED) {
        size_t len = 0;
        int64_t offset = 0;
        char *room = tail_room(tail, &len, &offset);
        memcpy(room, text + offset, len);
        tail_fed(tail);
    }
    return step == TAIL_LINE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf text = BUF_INIT;
    struct tail tail;
    struct tail_line line, expected;
    do
        buf_add(&text, data, size);
    while (size > 0 && text.len < STREAM_MIN);
    size_t left = text.len;
    tail_init(&tail);
    tail_begin(&tail, (int64_t)text.len);
    while (cut_line(text.data, &left, &expected)) {
        FUZZ_CHECK(next_line(&tail, text.data, &line));
        FUZZ_CHECK(line.offset == expected.offset && line.len == expected.len);
        FUZZ_CHECK(memcmp(line.bytes, expected.bytes, line.len) == 0);
    }
    FUZZ_CHECK(!next_line(&tail, text.data, &line) && tail.overlong == 0);
    tail_fini(&tail);
    buf_fini(&text);
    return 0;
}
