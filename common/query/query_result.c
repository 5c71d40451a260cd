/*
 * Answers as JSON, made from rows of PostgreSQL by the types of their columns. Every question of this room ends here.
 */
#include "common/query/query_result.h"

#include <json-c/json_tokener.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

/* ---- rows as JSON ------------------------------------------------------------------------------------------------ */

/* Of pg_type, where they never change. */
enum {
    TYPE_BOOL = 16,
    TYPE_INT8 = 20,
    TYPE_INT2 = 21,
    TYPE_INT4 = 23,
    TYPE_JSON = 114,
    TYPE_FLOAT4 = 700,
    TYPE_FLOAT8 = 701,
    TYPE_NUMERIC = 1700,
    TYPE_JSONB = 3802
};

#define AGO_SUFFIX "_ago_ms"

/* As PostgreSQL writes it: the fewest digits that mean this number. json-c's own seventeen make 12.300000000000001
 * of 12.3. */
static struct json_object *floating(const PGresult *result, int row, int column)
{
    double value = pg_double(result, row, column);
    return isfinite(value) ? json_object_new_double_s(value, pg_text(result, row, column)) : NULL;
}

/* "2.500000000" as 2.5: the digits that PostgreSQL has, without the zeros that its column's scale adds. */
static struct json_object *decimal(const PGresult *result, int row, int column)
{
    const char *digits = pg_text(result, row, column);
    if (!isfinite(pg_double(result, row, column)))
        return NULL;
    size_t len = strlen(digits);
    if (strchr(digits, '.') != NULL) {
        while (digits[len - 1] == '0')
            len--;
        len -= digits[len - 1] == '.';
    }
    char *text = mem_strndup(digits, len);
    struct json_object *number = json_object_new_double_s(pg_double(result, row, column), text);
    free(text);
    return number;
}

static struct json_object *row_value(const PGresult *result, int row, int column)
{
    if (pg_is_null(result, row, column))
        return NULL;
    switch (PQftype(result, column)) {
    case TYPE_BOOL:
        return json_object_new_boolean(pg_bool(result, row, column));
    case TYPE_INT8:
    case TYPE_INT2:
    case TYPE_INT4:
        return json_object_new_int64(pg_int8(result, row, column));
    case TYPE_FLOAT4:
    case TYPE_FLOAT8:
        return floating(result, row, column);
    case TYPE_NUMERIC:
        return decimal(result, row, column);
    case TYPE_JSON:
    case TYPE_JSONB:
        return json_tokener_parse(pg_text(result, row, column));
    default:
        return json_object_new_string(pg_text(result, row, column));
    }
}

static bool is_for_json(const char *name)
{
    size_t len = strlen(name), suffix = strlen(AGO_SUFFIX);
    bool is_ago = len > suffix && strcmp(name + len - suffix, AGO_SUFFIX) == 0;
    return !is_ago && strncmp(name, ROW_CURSOR_PREFIX, strlen(ROW_CURSOR_PREFIX)) != 0;
}

struct json_object *row_json(const PGresult *result, int row)
{
    struct json_object *object = json_object_new_object();
    for (int column = 0; column < PQnfields(result); column++)
        if (is_for_json(PQfname(result, column)))
            json_object_object_add(object, PQfname(result, column), row_value(result, row, column));
    return object;
}

struct json_object *row_array(const PGresult *result, int rows)
{
    struct json_object *array = json_object_new_array();
    for (int row = 0; row < rows; row++)
        json_object_array_add(array, row_json(result, row));
    return array;
}

/* ---- answers ----------------------------------------------------------------------------------------------------- */

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
