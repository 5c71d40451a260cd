/*
 * Reads the table of prices (YAML), finds a model's row by its pattern, and multiplies. Sums are checked, amounts
 * whole nano-dollars, rounded once; what is not known stays unknown. Called by result_cost.c; the table is loaded by
 * the handlers (worker/run/history_tools.c).
 */
#include "common/history/prices.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/input_file.h"
#include "common/base/mem.h"
#include "common/base/yaml.h"

/* prices/models.yaml as it was when this was built (embed_text in CMakeLists.txt). */
extern const char prices_models[];

#define MILLION INT64_C(1000000)
#define PRICE_MAX_NUSD (MILLION * MONEY_NUSD_PER_USD)
#define VERSION_DIGITS_MAX 3 /* more digits after a dash are a date */

struct prices {
    size_t count;
    struct price *rows;
};

static const struct {
    const char *name;
    size_t offset;
} columns[] = {
    {"input", offsetof(struct price, input)},
    {"output", offsetof(struct price, output)},
    {"cache_write", offsetof(struct price, cache_write)},
    {"cache_read", offsetof(struct price, cache_read)},
    {"cache_write_1h", offsetof(struct price, cache_write_1h)},
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))
#define NEEDED_COLUMNS 4
#define PRICE_UNKNOWN INT64_C(-1)

static int64_t *column_of(struct price *price, const char *name)
{
    for (size_t i = 0; i < COLUMNS; i++)
        if (strcmp(name, columns[i].name) == 0)
            return (int64_t *)(void *)((char *)price + columns[i].offset);
    return NULL;
}

static enum err read_price(const struct yaml_node *key, const struct yaml_node *value, struct price *price,
                           struct err_info *error)
{
    int64_t *column = column_of(price, key->scalar), nusd = 0;
    if (column == NULL)
        return yaml_error(key, error,
                          "unknown key \"%s\"; allowed: input, output, cache_write, cache_read, cache_write_1h",
                          key->scalar);
    if (value->kind != YAML_SCALAR || !value->plain || !money_parse(value->scalar, strlen(value->scalar), &nusd) ||
        nusd < 0 || nusd > PRICE_MAX_NUSD)
        return yaml_error(value, error, "expected USD per million tokens, a number from 0 to 1000000");
    *column = nusd;
    return ERR_OK;
}

static bool is_pattern(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789.-_");
    return len > 0 && len <= 64 && text[len] == '\0';
}

static enum err read_row(const struct yaml_node *key, const struct yaml_node *value, struct price *price,
                         struct err_info *error)
{
    if (!is_pattern(key->scalar))
        return yaml_error(key, error, "\"%s\": expected a part of a model's name in lower case, like opus-4-5",
                          key->scalar);
    if (value->kind != YAML_MAPPING || value->count < NEEDED_COLUMNS || value->count > COLUMNS)
        return yaml_error(value, error, "expected the four prices input, output, cache_write, cache_read");
    for (size_t i = 0; i < COLUMNS; i++)
        *column_of(price, columns[i].name) = PRICE_UNKNOWN;
    for (size_t i = 0; i < value->count; i++)
        if (read_price(value->keys[i], value->items[i], price, error) != ERR_OK)
            return ERR_USAGE;
    for (size_t i = 0; i < NEEDED_COLUMNS; i++)
        if (*column_of(price, columns[i].name) == PRICE_UNKNOWN)
            return yaml_error(value, error, "expected the four prices input, output, cache_write, cache_read");
    if (price->cache_write_1h == PRICE_UNKNOWN)
        price->cache_write_1h = 2 * price->input;
    price->pattern = mem_strdup(key->scalar);
    return ERR_OK;
}

static enum err read_table(const struct yaml_node *root, struct prices *prices, struct err_info *error)
{
    const struct yaml_node *models = yaml_get(root, "models");
    if (root->kind != YAML_MAPPING || root->count != 1 || models == NULL)
        return yaml_error(root, error, "expected one key, \"models\"");
    if (models->kind != YAML_MAPPING || models->count == 0)
        return yaml_error(models, error, "expected models with their prices");
    prices->rows = mem_array(models->count, sizeof(*prices->rows));
    for (size_t i = 0; i < models->count; i++) {
        if (read_row(models->keys[i], models->items[i], &prices->rows[i], error) != ERR_OK)
            return ERR_USAGE;
        prices->count++;
    }
    return ERR_OK;
}

enum err prices_parse(const char *bytes, size_t len, struct prices **out, struct err_info *error)
{
    struct yaml_node *root = NULL;
    *out = NULL;
    if (yaml_parse(bytes, len, &root, error) != ERR_OK)
        return ERR_USAGE;
    struct prices *prices = mem_zalloc(sizeof(*prices));
    enum err err = read_table(root, prices, error);
    yaml_drop(root);
    if (err != ERR_OK) {
        prices_drop(prices);
        return err;
    }
    *out = prices;
    return ERR_OK;
}

struct prices *prices_builtin(void)
{
    struct prices *prices = NULL;
    struct err_info error = {.code = ERR_OK};
    enum err err = prices_parse(prices_models, strlen(prices_models), &prices, &error);
    assert(err == ERR_OK);
    (void)err;
    return prices;
}

void prices_drop(struct prices *prices)
{
    if (prices == NULL)
        return;
    for (size_t i = 0; i < prices->count; i++)
        free(prices->rows[i].pattern);
    free(prices->rows);
    free(prices);
}

/* "-5" behind opus-4 makes it another model; "-20250514" is only its date, and opus-4-0 an alias of opus-4. */
static bool goes_on_with_version(const char *rest, size_t len)
{
    size_t digits = 0;
    if (len < 2 || (rest[0] != '-' && rest[0] != '.'))
        return false;
    while (1 + digits < len && isdigit((unsigned char)rest[1 + digits]))
        digits++;
    bool is_zero = digits == 1 && rest[1] == '0';
    return digits > 0 && digits <= VERSION_DIGITS_MAX && !is_zero;
}

/* Some providers write a version with a point: claude-opus-4.5. */
static char letter_of_model(char c)
{
    return c == '.' ? '-' : (char)tolower((unsigned char)c);
}

static bool stands_at(const char *pattern, size_t pattern_len, const char *model, size_t len, size_t at)
{
    if (at > 0 && isalnum((unsigned char)model[at - 1]))
        return false;
    for (size_t i = 0; i < pattern_len; i++)
        if (letter_of_model(model[at + i]) != letter_of_model(pattern[i]))
            return false;
    size_t end = at + pattern_len;
    if (end < len && isalnum((unsigned char)model[end]))
        return false;
    return !goes_on_with_version(model + end, len - end);
}

const struct price *prices_find(const struct prices *prices, const char *model, size_t len)
{
    for (size_t row = 0; row < prices->count; row++) {
        const char *pattern = prices->rows[row].pattern;
        size_t pattern_len = strlen(pattern);
        for (size_t at = 0; at + pattern_len <= len; at++)
            if (stands_at(pattern, pattern_len, model, len, at))
                return &prices->rows[row];
    }
    return NULL;
}

int64_t prices_cost(const struct price *price, const struct price_usage *usage)
{
    const struct run_tokens *tokens = &usage->tokens;
    if (!run_tokens_are_counts(tokens) || usage->hour_writes < 0 || usage->hour_writes > tokens->cache_creation)
        return MONEY_UNKNOWN;
    /* At most 1e12 tokens * 2e15 each: far within 128 bits. */
    __int128 sum = (__int128)tokens->input * price->input + (__int128)tokens->output * price->output +
                   (__int128)(tokens->cache_creation - usage->hour_writes) * price->cache_write +
                   (__int128)usage->hour_writes * price->cache_write_1h +
                   (__int128)tokens->cache_read * price->cache_read;
    __int128 nusd = (sum + MILLION / 2) / MILLION;
    return nusd > MONEY_MAX_NUSD ? MONEY_UNKNOWN : (int64_t)nusd;
}

enum err prices_load(const char *path, struct prices **out, struct err_info *error)
{
    struct buf text = BUF_INIT;
    *out = NULL;
    if (*path == '\0') {
        *out = prices_builtin();
        return ERR_OK;
    }
    int fd = open(path, INPUT_FILE_FLAGS);
    enum err err = fd < 0 ? err_set(error, ERR_USAGE, "%s", strerror(errno))
                          : input_file_read_open(fd, YAML_MAX_BYTES, &text, error);
    if (err == ERR_OK)
        err = prices_parse(text.data, text.len, out, error);
    if (fd >= 0)
        close(fd);
    buf_fini(&text);
    return err == ERR_OK ? ERR_OK : err_prefix(error, "history.prices: %s", path);
}

/* ---- tokens ------------------------------------------------------------------------------------------------------ */

#define SUM_MAX (RUN_TOKENS_MAX * 1000)

static bool is_count(int64_t number)
{
    return number >= 0 && number <= RUN_TOKENS_MAX;
}

bool run_tokens_are_counts(const struct run_tokens *tokens)
{
    return is_count(tokens->input) && is_count(tokens->cache_creation) && is_count(tokens->cache_read) &&
           is_count(tokens->output);
}

static void add(int64_t *sum, int64_t more)
{
    *sum = more > SUM_MAX - *sum ? SUM_MAX : *sum + more;
}

void run_tokens_add(struct run_tokens *sum, const struct run_tokens *more)
{
    add(&sum->input, more->input);
    add(&sum->cache_creation, more->cache_creation);
    add(&sum->cache_read, more->cache_read);
    add(&sum->output, more->output);
}

int64_t run_tokens_total(const struct run_tokens *tokens)
{
    return tokens->input + tokens->cache_creation + tokens->cache_read + tokens->output;
}

double run_tokens_cache_efficiency(const struct run_tokens *tokens)
{
    int64_t read_in = tokens->input + tokens->cache_creation + tokens->cache_read;
    return read_in == 0 ? 0.0 : 100.0 * (double)tokens->cache_read / (double)read_in;
}
