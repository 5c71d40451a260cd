#include "common/deliveries/circuit.h"

#include <limits.h>

#define US_PER_MS INT64_C(1000)

bool circuit_is_open(const struct circuit *circuit, int64_t now_us)
{
    return circuit->open_until_us > now_us;
}

enum circuit_turn circuit_fail(struct circuit *circuit, int64_t now_us)
{
    bool was_open = circuit_is_open(circuit, now_us);
    if (circuit->consecutive_failures < INT_MAX)
        circuit->consecutive_failures++;
    if (circuit->consecutive_failures < CIRCUIT_THRESHOLD)
        return CIRCUIT_AS_BEFORE;
    circuit->open_until_us = now_us + CIRCUIT_COOLDOWN_MS * US_PER_MS;
    return was_open ? CIRCUIT_AS_BEFORE : CIRCUIT_OPENED;
}

void circuit_succeed(struct circuit *circuit)
{
    *circuit = (struct circuit){0, 0};
}

int64_t circuit_wait_ms(const struct circuit *circuit, enum circuit_asker asker, int64_t now_us)
{
    if (asker == CIRCUIT_ADMINISTRATOR || !circuit_is_open(circuit, now_us))
        return 0;
    /* Rounded up: a job that comes back a moment too early would be put off once more. */
    return (circuit->open_until_us - now_us + US_PER_MS - 1) / US_PER_MS;
}
