/* A chunk as it might stand in a list: what is taken keeps its text, and says the same when it is written again. */
#include <string.h>

#include "common/queue/chunk.h"
#include "tests/fuzz/fuzz.h"

static void check_round_trip(const struct chunk *chunk)
{
    struct chunk written = *chunk, back;
    struct err_info error;
    chunk_write(&written);
    FUZZ_CHECK(strlen(written.text) < CHUNK_TEXT_MAX - 1);
    FUZZ_CHECK(!chunk_parse(written.text, strlen(written.text), &back, &error));
    FUZZ_CHECK(!strcmp(back.operation_id, chunk->operation_id) && !strcmp(back.by, chunk->by));
    FUZZ_CHECK(back.generation == chunk->generation && back.from == chunk->from && back.to == chunk->to);
    FUZZ_CHECK(!strcmp(chunk_class(&back), chunk_class(chunk)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct chunk chunk;
    struct err_info error = {.code = ERR_OK};
    if (chunk_parse((const char *)data, size, &chunk, &error)) {
        FUZZ_CHECK(error.code == ERR_USAGE && error.text[0] && !chunk.text[0]);
        return 0;
    }
    FUZZ_CHECK(strlen(chunk.text) == size && !memcmp(chunk.text, data, size));
    FUZZ_CHECK(id_is_operation(chunk.operation_id) && chunk.generation >= 1);
    FUZZ_CHECK(chunk.due ? chunk.from == 0 && chunk.to == 0
                         : chunk.from >= 1 && chunk.to >= chunk.from && chunk.to - chunk.from < CHUNK_JOBS_MAX);
    check_round_trip(&chunk);
    return 0;
}
