/*
 * The life of struct config, and the one way by which a value gets into it: config_set types it, holds it against the
 * rule of its row in config_table.c and stores it, whatever source it comes from. A value that may be a secret must
 * never stand in an error or in what is printed; config_hides decides that for all. Called by config_sources.c and
 * config_live.c.
 */
#include "common/base/config.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/beginning.h"
#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/base/utf8.h"

static void *field_of(struct config *config, const struct config_entry *entry)
{
    return (char *)config + entry->offset;
}

static size_t index_of(const struct config_entry *entry)
{
    return (size_t)(entry - config_entries());
}

const struct config_entry *config_find(const char *name)
{
    for (const struct config_entry *entry = config_entries(); entry->name; entry++) {
        if (!strcmp(entry->name, name))
            return entry;
    }
    return NULL;
}

const char *config_origin(const struct config *config, const struct config_entry *entry)
{
    return config->origins[index_of(entry)];
}

/* Guesses on the safe side: libpq takes passwords as `password=`, `sslpassword=`, `?password=` and in `user:pw@host`;
 * before the '@' of a URL for Redis a password may stand alone. */
static bool holds_password(const char *value)
{
    const char *authority = strstr(value, "://");
    const char *at = strrchr(value, '@');
    const char *colon = strchr(authority ? authority + 3 : value, ':');

    return strcasestr(value, "password") || (at && colon && colon < at) || (at && !strncasecmp(value, "redis", 5));
}

/* What does not even have the form of an address may be a password from its first byte to its last. */
static bool is_address(const struct config_entry *entry)
{
    size_t len = strlen(entry->name);

    return len >= 4 && (!strcmp(entry->name + len - 4, ".url") || !strcmp(entry->name + len - 4, "_url"));
}

bool config_hides(const struct config_entry *entry, const char *value)
{
    return entry->secret || (entry->type == CONFIG_STRING && holds_password(value));
}

static enum err value_refuse(const struct config_entry *entry, const char *text, const char *rule,
                             struct err_info *error)
{
    if (config_hides(entry, text) || is_address(entry))
        return err_set(error, ERR_USAGE, "%s: the value (not shown) %s", entry->name, rule);
    return err_set(error, ERR_USAGE, "%s: \"%s\" %s", entry->name, text, rule);
}

static enum err set_string(char **field, const struct config_entry *entry, const char *text, struct err_info *error)
{
    const char *rule = entry->broken_rule ? entry->broken_rule(text) : NULL;

    if (rule)
        return value_refuse(entry, text, rule, error);
    free(*field);
    *field = mem_strdup(text);
    return ERR_OK;
}

static enum err set_bool(bool *field, const struct config_entry *entry, const char *text, struct err_info *error)
{
    bool is_true = !strcmp(text, "true");

    if (!is_true && strcmp(text, "false"))
        return value_refuse(entry, text, "must be true or false", error);
    *field = is_true;
    return ERR_OK;
}

static bool parse_int(const char *text, int64_t *number)
{
    size_t sign = text[0] == '-';
    size_t digits = strspn(text + sign, "0123456789");

    errno = 0;
    *number = strtoll(text, NULL, 10);
    return digits && !text[sign + digits] && !errno;
}

#define CONFIG_VALUE_MAX 48

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

/* A number of this entry as people write it in the file: "4", "1h30m", "32MiB". Returns `out`. */
static const char *number_text(const struct config_entry *entry, int64_t number, char out[CONFIG_VALUE_MAX])
{
    if (entry->type == CONFIG_DURATION)
        duration_text(number, out);
    else if (entry->type == CONFIG_SIZE)
        size_text(number, out);
    else
        snprintf(out, CONFIG_VALUE_MAX, "%" PRId64, number);
    return out;
}

static enum err refuse_range(const struct config_entry *entry, const char *text, struct err_info *error)
{
    char rule[160], least[CONFIG_VALUE_MAX], most[CONFIG_VALUE_MAX];

    snprintf(rule, sizeof rule, "must be from %s to %s", number_text(entry, entry->least, least),
             number_text(entry, entry->most, most));
    return value_refuse(entry, text, rule, error);
}

static enum err set_number(int64_t *field, const struct config_entry *entry, const char *text, struct err_info *error)
{
    int64_t number = 0;
    enum err err = ERR_OK;

    if (entry->type == CONFIG_DURATION)
        err = duration_parse(text, &number, error);
    else if (entry->type == CONFIG_SIZE)
        err = size_parse(text, &number, error);
    else if (!parse_int(text, &number))
        return value_refuse(entry, text, "must be a whole number", error);
    if (err != ERR_OK)
        return err_prefix(error, "%s", entry->name);
    if (number < entry->least || number > entry->most)
        return refuse_range(entry, text, error);
    *field = number;
    return ERR_OK;
}

enum err config_set(struct config *config, const struct config_entry *entry, const char *text, const char *origin,
                    struct err_info *error)
{
    void *field = field_of(config, entry);
    enum err err;

    if (entry->type == CONFIG_STRING)
        err = set_string(field, entry, text, error);
    else if (entry->type == CONFIG_BOOL)
        err = set_bool(field, entry, text, error);
    else
        err = set_number(field, entry, text, error);
    if (err == ERR_OK)
        config->origins[index_of(entry)] = origin;
    return err;
}

bool config_is_same(const struct config *a, const struct config *b, const struct config_entry *entry)
{
    const void *left = (const char *)a + entry->offset, *right = (const char *)b + entry->offset;

    if (entry->type == CONFIG_STRING)
        return !strcmp(*(char *const *)left, *(char *const *)right);
    if (entry->type == CONFIG_BOOL)
        return *(const bool *)left == *(const bool *)right;
    return *(const int64_t *)left == *(const int64_t *)right;
}

static void drop_string(char *value, const struct config_entry *entry)
{
    if (value && entry->secret)
        explicit_bzero(value, strlen(value));
    free(value);
}

void config_keep(struct config *config, const struct config *from, const struct config_entry *entry)
{
    void *field = field_of(config, entry);
    const void *kept = (const char *)from + entry->offset;

    if (entry->type == CONFIG_STRING) {
        drop_string(*(char **)field, entry);
        *(char **)field = mem_strdup(*(char *const *)kept);
    } else if (entry->type == CONFIG_BOOL) {
        *(bool *)field = *(const bool *)kept;
    } else {
        *(int64_t *)field = *(const int64_t *)kept;
    }
    config->origins[index_of(entry)] = config_origin(from, entry);
}

void config_init(struct config *config)
{
    size_t count = 0;

    while (config_entries()[count].name)
        count++;
    *config = (struct config){.origins = mem_array(count, sizeof(char *))};
    for (const struct config_entry *entry = config_entries(); entry->name; entry++) {
        struct err_info error;
        enum err err = config_set(config, entry, entry->fallback, "default", &error);
        assert(!err); /* a default that breaks its own rule is a mistake in the table */
    }
    char *installed = installed_data("definitions");
    if (installed) {
        free(config->definitions_dir);
        config->definitions_dir = installed;
    }
}

void config_fini(struct config *config)
{
    for (const struct config_entry *entry = config_entries(); entry->name; entry++) {
        if (entry->type == CONFIG_STRING)
            drop_string(*(char **)field_of(config, entry), entry);
    }
    free(config->origins);
    *config = (struct config){.origins = NULL};
}

/* ---- as text ----------------------------------------------------------------------------------------------------- */

/* Settings as people write them. What is printed here may be pasted back into a file, secrets excepted. */

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
        buf_add_str(out, number_text(entry, *(const int64_t *)field, text));
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
