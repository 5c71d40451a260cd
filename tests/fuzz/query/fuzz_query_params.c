/* Any text as the value of any parameter: it is taken within its rule, or refused with a text that names it. */
#include <stdlib.h>
#include <string.h>

#include "common/query/query_params.h"
#include "tests/fuzz/fuzz.h"

static const char *the_value(const void *from, const char *name)
{
    (void)name;
    return from;
}

static void check_outcome(enum err err, const struct err_info *error)
{
    FUZZ_CHECK(err == ERR_OK || (err == ERR_USAGE && strstr(error->text, "some_name: ") == error->text) ||
               strstr(error->text, "--some-name: ") == error->text);
}

static void check_pattern(const char *text, const char *pattern)
{
    size_t len = strlen(text);
    FUZZ_CHECK(strlen(pattern) >= len + 2 && strlen(pattern) <= 2 * len + 2);
    FUZZ_CHECK(pattern[0] == '%' && pattern[strlen(pattern) - 1] == '%');
    const char *at = pattern + 1; /* without its escapes it is the text */
    for (; *text != '\0'; text++, at++) {
        at += *at == '\\';
        FUZZ_CHECK(*at == *text);
    }
}

static void check(const struct query_params *asked)
{
    static const char *const words[] = {"asc", "desc", NULL};
    struct err_info error = {.code = ERR_OK};
    int64_t number = 0;
    int index = 0;
    bool flag = false;
    char amount[QUERY_PARAMS_MONEY_MAX];
    enum err err = query_params_number(asked, "some_name", (struct query_params_range){1, 1000, 50}, &number, &error);
    FUZZ_CHECK(number >= 1 && number <= 1000); /* refused ones are not given out */
    check_outcome(err, &error);
    check_outcome(query_params_word(asked, "some_name", words, &index, &error), &error);
    check_outcome(query_params_flag(asked, "some_name", &flag, &error), &error);
    err = query_params_money(asked, "some_name", "0.50", amount, &error);
    FUZZ_CHECK(err != ERR_OK || strspn(amount, "0123456789.") == strlen(amount));
    check_outcome(err, &error);
    char *pattern = query_params_pattern(asked, "some_name");
    if (pattern != NULL)
        check_pattern(query_params_text(asked, "some_name"), pattern);
    free(pattern);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';
    check(&(struct query_params){the_value, text, QUERY_PARAMS_BY_OPTIONS});
    check(&(struct query_params){the_value, text, QUERY_PARAMS_BY_PARAMETERS});
    free(text);
    return 0;
}
