#include "common/query/query_result.h"

#include <stdlib.h>

#include "common/query/row.h"

void query_result_fini(struct query_result *answer)
{
    json_object_put(answer->json);
    PQclear(answer->result);
    free(answer->next);
    *answer = (struct query_result){0};
}

enum err query_result_row(struct pg *pg, const struct sql *statement, const struct pg_args *args,
                          struct query_result *answer, struct err_info *error)
{
    *answer = (struct query_result){0};
    enum err err = pg_exec(pg, statement, args, &answer->result, error);
    if (err == ERR_OK && pg_rows(answer->result) == 0) {
        query_result_fini(answer);
        err = err_set(error, ERR_NOT_FOUND, "there is no such thing");
    }
    if (err != ERR_OK)
        return err;
    answer->rows = 1;
    answer->json = row_json(answer->result, 0);
    return ERR_OK;
}
