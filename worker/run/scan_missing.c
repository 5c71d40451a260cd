#include "worker/run/scan_missing.h"

#include <inttypes.h>
#include <string.h>

#include "common/base/json.h"
#include "embedded/sql_history.h"

#define PAGE 10000
#define FIRST 5

struct walk {
    char *const *names;
    size_t count, at; /* names before `at` are smaller than every id to come */
    int64_t missing;
    struct buf first, last; /* the list, and the id that was compared last */
};

static void walk_compare(struct walk *walk, const char *id)
{
    while (walk->at < walk->count && strcmp(walk->names[walk->at], id) < 0)
        walk->at++;
    if (walk->at < walk->count && strcmp(walk->names[walk->at], id) == 0)
        return;
    if (walk->missing++ >= FIRST)
        return;
    if (walk->missing > 1)
        buf_add_char(&walk->first, ',');
    json_add_string(&walk->first, id, strlen(id));
}

/* `*rows` is how many there were. */
static enum err walk_compare_page(struct run *run, struct walk *walk, int *rows, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    PGresult *result = NULL;
    pg_arg_text(args, walk->last.data);
    pg_arg_int8(args, PAGE);
    enum err err = pg_exec(run->pg, &sql_history_stored_ids, args, &result, error);
    *rows = err == ERR_OK ? pg_rows(result) : 0;
    for (int row = 0; row < *rows; row++)
        walk_compare(walk, pg_text(result, row, 0));
    if (*rows > 0) {
        buf_reset(&walk->last);
        buf_add_str(&walk->last, pg_text(result, *rows - 1, 0));
    }
    PQclear(result);
    pg_args_drop(args);
    return err == ERR_OK ? run_tick(run, error) : err;
}

enum err scan_missing_add(struct run *run, char *const *names, size_t count, struct buf *out, struct err_info *error)
{
    struct walk walk = {.names = names, .count = count, .first = BUF_INIT, .last = BUF_INIT};
    enum err err = ERR_OK;
    buf_add_str(&walk.first, "");
    buf_add_str(&walk.last, "");
    for (int rows = PAGE; err == ERR_OK && rows == PAGE;)
        err = walk_compare_page(run, &walk, &rows, error);
    if (err == ERR_OK)
        buf_addf(out, ",\"missing\":%" PRId64 ",\"first_missing\":[%s]", walk.missing, walk.first.data);
    buf_fini(&walk.first);
    buf_fini(&walk.last);
    return err;
}
