#include "common/base/did_you_mean.h"

#include <stdbool.h>
#include <string.h>

#define LETTERS_MAX 64

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t did_you_mean_distance(const char *a, const char *b)
{
    size_t a_len = strnlen(a, LETTERS_MAX), b_len = strnlen(b, LETTERS_MAX), row[LETTERS_MAX + 1];
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t changed = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = least(changed, least(row[j], row[j - 1]) + 1);
        }
    }
    return row[b_len];
}

static bool is_near(const char *wanted, const char *name, size_t distance)
{
    size_t len = strlen(wanted);
    return distance <= 1 + len / 3 || (len >= 3 && strstr(name, wanted) != NULL) ||
           (strlen(name) >= 3 && strstr(wanted, name) != NULL);
}

void did_you_mean_offer(struct did_you_mean *nearest, const char *name)
{
    size_t distance = did_you_mean_distance(nearest->wanted, name), at = nearest->count;
    if (!is_near(nearest->wanted, name, distance))
        return;
    while (at > 0 && nearest->distances[at - 1] > distance)
        at--;
    if (at == NEAREST_MAX)
        return;
    nearest->count += nearest->count < NEAREST_MAX;
    for (size_t i = nearest->count - 1; i > at; i--) {
        nearest->names[i] = nearest->names[i - 1];
        nearest->distances[i] = nearest->distances[i - 1];
    }
    nearest->names[at] = name;
    nearest->distances[at] = distance;
}

void did_you_mean_write(const struct did_you_mean *nearest, struct buf *out)
{
    for (size_t i = 0; i < nearest->count; i++)
        buf_addf(out, "%s\"%s\"", i == 0 ? "" : i + 1 == nearest->count ? " or " : ", ", nearest->names[i]);
}
