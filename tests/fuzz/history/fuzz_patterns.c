/* Any bytes: a signature has three parts and stays the same in upper case; words are counted without harm. */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/history/lower.h"
#include "common/history/patterns.h"
#include "common/history/scores.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    char signature[PATTERNS_SIGNATURE_MAX], upper_signature[PATTERNS_SIGNATURE_MAX];
    char *upper = mem_alloc(size + 1);
    for (size_t i = 0; i < size; i++)
        upper[i] = (char)(data[i] < 0x80 ? toupper(data[i]) : data[i]);
    bool is_signed = patterns_signature(text, size, signature);
    FUZZ_CHECK(patterns_signature(upper, size, upper_signature) == is_signed);
    if (is_signed) {
        const char *colon = strchr(signature, ':');
        FUZZ_CHECK(strcmp(signature, upper_signature) == 0);
        FUZZ_CHECK(colon != NULL && strchr(colon + 1, ':') != NULL);
    }
    free(upper);
    FUZZ_CHECK(words_count(text, size) <= (size + 1) / 2);
    double clarity = scores_clarity(text, size);
    FUZZ_CHECK(clarity >= 0 && clarity <= 100);
    return 0;
}
