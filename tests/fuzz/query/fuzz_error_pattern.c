/* Any text as an error: its form is short, and two texts that differ only in their digits are of one form, unless a
 * number says what happened. */
#include <stdlib.h>
#include <string.h>

#include "common/query/error_pattern.h"
#include "tests/fuzz/fuzz.h"

static char *with_other_digits(const char *text)
{
    char *other = strdup(text);
    for (char *at = other; *at != '\0'; at++)
        if (*at >= '0' && *at <= '9')
            *at = (char)('0' + (*at - '0' + 3) % 10);
    return other;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';
    char *form = error_pattern_of(text), *other_text = with_other_digits(text), *other = error_pattern_of(other_text);
    FUZZ_CHECK(strlen(form) > 0 && strlen(form) <= ERROR_PATTERN_MAX);
    FUZZ_CHECK(strpbrk(form, "0123456789") != NULL || strcmp(form, other) == 0);
    free(text);
    free(other_text);
    free(form);
    free(other);
    return 0;
}
