#include "worker/run/similar_entries.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "embedded/sql_history.h"

void similar_entries_add(struct similar_entries *entries, size_t job, int64_t id,
                         const struct similarity_match *entered, size_t count)
{
    if (entries->count + count > entries->cap) {
        entries->cap = 2 * (entries->count + count);
        entries->list = mem_grow(entries->list, entries->cap, sizeof *entries->list);
    }
    for (size_t i = 0; i < count; i++)
        entries->list[entries->count++] = (struct similar_entry){job, id, entered[i].id, entered[i].score};
}

void similar_entries_fini(struct similar_entries *entries)
{
    free(entries->list);
    *entries = (struct similar_entries){.count = 0};
}

/* The next entry of one of the jobs, or NULL; `at` and `job` are the places in both lists. */
static const struct similar_entry *next(const struct similar_entries *entries, const size_t *mine, size_t count,
                                        size_t places[2])
{
    for (; places[0] < entries->count; places[0]++) {
        const struct similar_entry *entry = &entries->list[places[0]];
        while (places[1] < count && mine[places[1]] < entry->job)
            places[1]++;
        if (places[1] < count && mine[places[1]] == entry->job) {
            places[0]++;
            return entry;
        }
    }
    return NULL;
}

size_t similar_entries_ids(const struct similar_entries *entries, const size_t *mine, size_t count, int64_t *ids)
{
    size_t places[2] = {0, 0}, n = 0;
    const struct similar_entry *entry;
    while ((entry = next(entries, mine, count, places)) != NULL)
        ids[n++] = entry->other;
    return n;
}

void similar_entries_write(const struct similar_entries *entries, const size_t *mine, size_t count,
                           struct pg_batch *batch)
{
    int64_t *others = mem_array(entries->count + 1, sizeof *others);
    char **texts = mem_array(entries->count + 1, sizeof *texts);
    size_t places[2] = {0, 0}, n = 0;
    const struct similar_entry *entry;
    for (; (entry = next(entries, mine, count, places)) != NULL; n++) {
        struct buf text = BUF_INIT;
        similarity_add_match(&(struct similarity_match){entry->id, entry->score}, &text);
        others[n] = entry->other;
        texts[n] = buf_take(&text);
    }
    if (n > 0) {
        struct pg_args *args = pg_batch_add(batch, &sql_history_enter_lists);
        pg_arg_int8s(args, others, n);
        pg_arg_texts(args, (const char *const *)texts, n);
    }
    for (size_t i = 0; i < n; i++)
        free(texts[i]);
    free(texts);
    free(others);
}
