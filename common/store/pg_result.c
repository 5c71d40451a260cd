/* Reading results in text format. A value that does not fit the reader is a statement at odds with its caller:
 * asserted. */
#include "common/store/pg_private.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/crypto.h"

int pg_rows(const PGresult *result)
{
    return PQntuples(result);
}

int64_t pg_affected(const PGresult *result)
{
    /* libpq only reads it here, but does not say so in its type. */
    const char *count = PQcmdTuples((PGresult *)(uintptr_t)result);
    return *count ? strtoll(count, NULL, 10) : 0;
}

bool pg_is_null(const PGresult *result, int row, int column)
{
    assert(row >= 0 && row < PQntuples(result) && column >= 0 && column < PQnfields(result));
    return PQgetisnull(result, row, column) == 1;
}

const char *pg_text(const PGresult *result, int row, int column)
{
    return pg_is_null(result, row, column) ? NULL : PQgetvalue(result, row, column);
}

int64_t pg_int8(const PGresult *result, int row, int column)
{
    const char *text = pg_text(result, row, column);
    if (!text)
        return 0;
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    assert(errno == 0 && end != text && *end == '\0');
    return number;
}

double pg_double(const PGresult *result, int row, int column)
{
    const char *text = pg_text(result, row, column);
    if (!text)
        return 0;
    char *end;
    double number = strtod(text, &end);
    assert(end != text && *end == '\0');
    return number;
}

bool pg_bool(const PGresult *result, int row, int column)
{
    const char *text = pg_text(result, row, column);
    assert(!text || strcmp(text, "t") == 0 || strcmp(text, "f") == 0);
    return text && text[0] == 't';
}

bool pg_bytea(const PGresult *result, int row, int column, uint8_t *out, size_t len)
{
    const char *text = pg_text(result, row, column);
    return text && strncmp(text, "\\x", 2) == 0 && crypto_unhex(text + 2, out, len);
}
