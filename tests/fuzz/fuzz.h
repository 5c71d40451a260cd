/* What a fuzzer offers: libFuzzer's entry point, which driver.c calls too. It aborts where a property does not hold. */
#ifndef REPRISE_FUZZ_FUZZ_H
#define REPRISE_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_CHECK(property)                                                                                           \
    do {                                                                                                               \
        if (!(property)) {                                                                                             \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #property);                              \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

#endif
