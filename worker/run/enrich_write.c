#include <stdlib.h>

#include "common/base/fault.h"
#include "common/base/mem.h"
#include "embedded/sql_history.h"
#include "worker/run/enrich.h"

/* The parameters of sql/history/runs.sql, store. */
struct writing {
    struct buf inserts, updates; /* JSON arrays */
    size_t insert_count, update_count, change_count;
    const char **digests, **statuses; /* read, of updates */
    int64_t *costs;
    int32_t *keeps;
    const char **ids, **old_statuses, **new_statuses, **reasons; /* of changes */
    int64_t *old_costs, *new_costs;
};

static void writing_init(struct writing *w, size_t most)
{
    *w = (struct writing){.insert_count = 0};
    const char ***texts[] = {&w->digests, &w->statuses, &w->ids, &w->old_statuses, &w->new_statuses, &w->reasons};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = mem_array(most, sizeof **texts[i]);
    int64_t **numbers[] = {&w->costs, &w->old_costs, &w->new_costs};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        *numbers[i] = mem_array(most, sizeof **numbers[i]);
    w->keeps = mem_array(most, sizeof *w->keeps);
}

static void writing_fini(struct writing *w)
{
    const char **texts[] = {w->digests, w->statuses, w->ids, w->old_statuses, w->new_statuses, w->reasons};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    free(w->costs);
    free(w->old_costs);
    free(w->new_costs);
    free(w->keeps);
    buf_fini(&w->inserts);
    buf_fini(&w->updates);
}

static void add_object(struct buf *array, const char *object)
{
    buf_add_char(array, array->len == 0 ? '[' : ',');
    buf_add_str(array, object);
}

static void add_row(struct writing *w, const struct enrich_entry *entry)
{
    if (!entry->stored.found) {
        add_object(&w->inserts, entry->row);
        w->insert_count++;
        return;
    }
    size_t row = w->update_count++;
    add_object(&w->updates, entry->row);
    w->digests[row] = entry->stored.digest;
    w->statuses[row] = entry->stored.status;
    w->costs[row] = entry->stored.cost_nusd;
    w->keeps[row] = entry->keeps_cost ? 1 : 0;
}

static void add_change(struct writing *w, const char *adw_id, const struct enrich_entry *entry)
{
    size_t row = w->change_count++;
    w->ids[row] = adw_id;
    w->old_costs[row] = entry->stored.found ? entry->stored.cost_nusd : MONEY_UNKNOWN;
    w->new_costs[row] = entry->cost_nusd;
    w->old_statuses[row] = entry->stored.status;
    w->new_statuses[row] = run_status_name(entry->status);
    w->reasons[row] = entry->reason;
}

static const char *array_text(struct buf *array)
{
    buf_add_str(array, array->len == 0 ? "[]" : "]");
    return array->data;
}

static void send(struct writing *w, const struct enrich *enrich, struct pg_batch *batch)
{
    struct pg_args *args = pg_batch_add(batch, &sql_history_store);
    pg_arg_text(args, enrich->run->operation_id);
    pg_arg_bool(args, enrich->run->config->history_webhook_url[0] != '\0');
    pg_arg_text(args, array_text(&w->inserts));
    pg_arg_int8(args, (int64_t)w->insert_count);
    pg_arg_text(args, array_text(&w->updates));
    pg_arg_texts(args, w->digests, w->update_count);
    pg_arg_int8s(args, w->costs, w->update_count);
    pg_arg_texts(args, w->statuses, w->update_count);
    pg_arg_int4s(args, w->keeps, w->update_count);
    pg_arg_texts(args, w->ids, w->change_count);
    pg_arg_int8s(args, w->old_costs, w->change_count);
    pg_arg_int8s(args, w->new_costs, w->change_count);
    pg_arg_texts(args, w->old_statuses, w->change_count);
    pg_arg_texts(args, w->new_statuses, w->change_count);
    pg_arg_texts(args, w->reasons, w->change_count);
}

void enrich_write(struct pg_batch *batch, const size_t *mine, size_t count, void *context)
{
    const struct enrich *enrich = context;
    struct writing writing;
    FAULT_POINT("history.enrich_write");
    writing_init(&writing, count);
    for (size_t i = 0; i < count; i++) {
        const struct enrich_entry *entry = &enrich->entries[mine[i]];
        if (entry->row != NULL)
            add_row(&writing, entry);
        if (entry->row != NULL && entry->reason != NULL)
            add_change(&writing, enrich->run->jobs[mine[i]].key, entry);
    }
    if (writing.insert_count + writing.update_count > 0)
        send(&writing, enrich, batch);
    writing_fini(&writing);
}
