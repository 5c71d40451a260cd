#include "common/base/duration.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define DURATION_MAX_MS (INT64_C(366) * 24 * 60 * 60 * 1000)

struct unit {
    const char *name;
    int64_t factor;
};

/* Descending, as they must be written. */
static const struct unit durations[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};
#define DURATION_COUNT (sizeof(durations) / sizeof(durations[0]))

static const struct unit sizes[] = {{"", 1}, {"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}};
#define SIZE_COUNT (sizeof(sizes) / sizeof(sizes[0]))

/* Digits only: no sign, no space. False if there is none or the number leaves 63 bits. */
static bool read_number(const char **at, int64_t *number)
{
    const char *c = *at;
    *number = 0;
    for (; *c >= '0' && *c <= '9'; c++)
        if (__builtin_mul_overflow(*number, 10, number) || __builtin_add_overflow(*number, *c - '0', number))
            return false;
    bool any = c > *at;
    *at = c;
    return any;
}

/* The unit that the letters at `at` spell, as a whole: "ms" is not "m". */
static const struct unit *read_unit(const char **at, const struct unit *units, size_t count)
{
    size_t len = strspn(*at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    for (size_t i = 0; i < count; i++) {
        if (strlen(units[i].name) == len && strncmp(*at, units[i].name, len) == 0) {
            *at += len;
            return &units[i];
        }
    }
    return NULL;
}

static bool read_duration(const char *text, int64_t *ms)
{
    const struct unit *last = NULL;
    *ms = 0;
    while (*text != '\0') {
        int64_t number = 0;
        if (!read_number(&text, &number))
            return false;
        const struct unit *unit = read_unit(&text, durations, DURATION_COUNT);
        if (unit == NULL || (last != NULL && unit <= last) || number > DURATION_MAX_MS / unit->factor)
            return false;
        last = unit;
        *ms += number * unit->factor;
    }
    return last != NULL && *ms <= DURATION_MAX_MS;
}

enum err duration_parse(const char *text, int64_t *ms, struct err_info *error)
{
    int64_t read = 0;
    if (!read_duration(text, &read))
        return err_set(error, ERR_USAGE, "\"%.100s\" is not a length of time such as 250ms, 15m or 1h30m, at most 366d",
                       text);
    *ms = read;
    return ERR_OK;
}

enum err size_parse(const char *text, int64_t *bytes, struct err_info *error)
{
    const char *at = text;
    int64_t number = 0;
    if (read_number(&at, &number)) {
        const struct unit *unit = read_unit(&at, sizes, SIZE_COUNT);
        if (unit != NULL && *at == '\0' && !__builtin_mul_overflow(number, unit->factor, &number)) {
            *bytes = number;
            return ERR_OK;
        }
    }
    return err_set(error, ERR_USAGE, "\"%.100s\" is not a size such as 1048576, 4KiB, 32MiB or 1GiB", text);
}
