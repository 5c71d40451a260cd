/* Settings as people write them. What is printed here may be pasted back into a file, secrets excepted. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/config_set.h"
#include "common/base/printable.h"

struct unit {
    int64_t size;
    const char *name;
};

static const struct unit time_units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}};
static const struct unit size_units[] = {{INT64_C(1) << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}, {1, "B"}};

static void duration_text(int64_t ms, char out[CONFIG_VALUE_MAX])
{
    size_t len = 0;

    if (!ms)
        snprintf(out, CONFIG_VALUE_MAX, "0s");
    for (size_t i = 0; i < sizeof time_units / sizeof time_units[0]; i++) {
        if (ms < time_units[i].size)
            continue;
        int64_t count = ms / time_units[i].size;
        len += (size_t)snprintf(out + len, CONFIG_VALUE_MAX - len, "%" PRId64 "%s", count, time_units[i].name);
        ms -= count * time_units[i].size;
    }
}

static void size_text(int64_t bytes, char out[CONFIG_VALUE_MAX])
{
    size_t i = 0;

    while (bytes % size_units[i].size)
        i++;
    snprintf(out, CONFIG_VALUE_MAX, "%" PRId64 "%s", bytes / size_units[i].size, size_units[i].name);
}

const char *config_value_text(const struct config_entry *entry, int64_t number, char out[CONFIG_VALUE_MAX])
{
    if (entry->type == CONFIG_DURATION)
        duration_text(number, out);
    else if (entry->type == CONFIG_SIZE)
        size_text(number, out);
    else
        snprintf(out, CONFIG_VALUE_MAX, "%" PRId64, number);
    return out;
}

static void add_string(const struct config_entry *entry, const char *value, struct buf *out)
{
    char text[1024];

    if (config_hides(entry, value)) {
        buf_add_str(out, *value ? "(set)" : "(not set)");
        return;
    }
    printable_copy(text, sizeof text, value, strlen(value));
    buf_addf(out, "\"%s\"", text);
}

void config_add_value(const struct config *config, const struct config_entry *entry, struct buf *out)
{
    const void *field = (const char *)config + entry->offset;
    char text[CONFIG_VALUE_MAX];

    if (entry->type == CONFIG_STRING)
        add_string(entry, *(char *const *)field, out);
    else if (entry->type == CONFIG_BOOL)
        buf_add_str(out, *(const bool *)field ? "true" : "false");
    else
        buf_add_str(out, config_value_text(entry, *(const int64_t *)field, text));
}

void config_print(const struct config *config, FILE *out)
{
    for (const struct config_entry *entry = config_entries(); entry->name; entry++) {
        struct buf value = BUF_INIT;

        config_add_value(config, entry, &value);
        fprintf(out, "%s = %s  # %s%s\n", entry->name, value.data, config_origin(config, entry),
                entry->reloadable ? ", taken over at SIGHUP" : "");
        buf_fini(&value);
    }
}
