#include "worker/run/deliver_doubts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

static int by_digest(const void *key, const void *doubt)
{
    return memcmp(key, ((const struct deliver_doubt *)doubt)->digest, SHA256_BYTES);
}

void deliver_doubts_read(const PGresult *rows, struct deliver_doubts *doubts)
{
    doubts->count = (size_t)pg_rows(rows);
    doubts->list = mem_array(doubts->count + 1, sizeof *doubts->list);
    for (int row = 0; row < (int)doubts->count; row++) {
        struct deliver_doubt *doubt = &doubts->list[row];
        bool read = pg_bytea(rows, row, 0, doubt->digest, sizeof doubt->digest);
        assert(read);
        doubt->path = mem_strdup(pg_text(rows, row, 1));
        doubt->sha = pg_is_null(rows, row, 2) ? NULL : mem_strdup(pg_text(rows, row, 2));
    }
}

void deliver_doubts_fini(struct deliver_doubts *doubts)
{
    for (size_t i = 0; i < doubts->count; i++) {
        free(doubts->list[i].path);
        free(doubts->list[i].sha);
    }
    free(doubts->list);
    *doubts = (struct deliver_doubts){NULL, 0};
}

struct deliver_doubt *deliver_doubts_find(const struct deliver_doubts *doubts, const uint8_t digest[SHA256_BYTES])
{
    if (doubts->count == 0)
        return NULL;
    return bsearch(digest, doubts->list, doubts->count, sizeof *doubts->list, by_digest);
}
