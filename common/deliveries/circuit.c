#include "common/deliveries/circuit.h"

#define US_PER_MS INT64_C(1000)

int64_t circuit_wait_ms(const struct circuit *circuit, enum circuit_asker asker, int64_t now_us)
{
    if (asker == CIRCUIT_ADMINISTRATOR || circuit->open_until_us <= now_us)
        return 0;
    /* Rounded up: a job that comes back a moment too early would be put off once more. */
    return (circuit->open_until_us - now_us + US_PER_MS - 1) / US_PER_MS;
}
