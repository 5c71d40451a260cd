/* Statements of definitions: a parameter is found or the whole is refused, and no byte but of parameters is changed. */
#include <string.h>

#include "common/base/mem.h"
#include "common/base/named_sql.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct named_sql_param params[] = {{"keys", "text[]"}, {"items", "jsonb[]"}, {NULL, NULL}};
    char *source = mem_strndup((const char *)data, size);
    struct named_sql sql;
    struct err_info error = {.code = ERR_OK};
    size_t at = 0;
    enum err err = named_sql_parse(source, params, &sql, &at, &error);
    FUZZ_CHECK(err == ERR_OK || err == ERR_USAGE);
    FUZZ_CHECK(at <= strlen(source));
    FUZZ_CHECK(err != ERR_OK || at == strlen(source));
    FUZZ_CHECK(sql.param_count <= 2);
    if (err == ERR_OK) {
        if (sql.param_count == 0)
            FUZZ_CHECK(strchr(source, ';') != NULL || strcmp(sql.text.data, source) == 0);
        for (size_t i = 0; i < sql.text.len; i += 1 + sql.text.len / 50)
            FUZZ_CHECK(named_sql_source(&sql, i) <= strlen(source) + 16);
    }
    named_sql_fini(&sql);
    free(source);
    return 0;
}
