/*
 * The input as each of the addresses that may hold a password: of Redis, PostgreSQL and a git host, as settings and as
 * what the parsers make of them. A '*' in it stands for a password: no refusal shows it, no print of the settings shows
 * it before an '@', and what PostgreSQL's reader refuses is refused without a connection.
 */
#include <stdio.h>
#include <string.h>

#include "common/base/config.h"
#include "common/base/mem.h"
#include "common/store/git_rules.h"
#include "common/store/pg.h"
#include "common/store/redis.h"
#include "tests/fuzz/fuzz.h"

#define PASSWORD "hunter2"

static void check_refusal(const struct err_info *error)
{
    FUZZ_CHECK(error->text[0] != '\0' && strstr(error->text, PASSWORD) == NULL);
}

static bool shows_no_password(const char *text)
{
    const char *at = strrchr(text, '@'), *password = strstr(text, PASSWORD);
    bool is_redis = strncmp(text, "redis", 5) == 0;
    return password == NULL || at == NULL || password > at || !is_redis;
}

static void set_and_print(const char *name, const char *text)
{
    struct config config;
    struct err_info error = {.code = ERR_OK};
    struct buf out = BUF_INIT;
    const struct config_entry *entry = config_find(name);
    config_init(&config);
    if (config_set(&config, entry, text, "file", &error) != ERR_OK) {
        check_refusal(&error);
    } else {
        config_add_value(&config, entry, &out);
        FUZZ_CHECK(shows_no_password(text) || strstr(out.data, PASSWORD) == NULL);
    }
    buf_fini(&out);
    config_fini(&config);
}

static void parse(const char *text)
{
    struct redis_address address;
    struct git_url url;
    struct err_info error = {.code = ERR_OK};
    if (redis_address_parse(text, &address, &error) == ERR_OK)
        redis_address_fini(&address);
    else
        check_refusal(&error);
    if (git_parse_url(text, &url, &error) != ERR_OK)
        check_refusal(&error);
    pg_drop(pg_new(text, "fuzz", PG_LIMITS_PROGRAM));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf text = BUF_INIT;
    buf_add_str(&text, "");
    for (size_t i = 0; i < size && data[i] != '\0'; i++) {
        if (data[i] == '*')
            buf_add_str(&text, PASSWORD);
        else
            buf_add_char(&text, (char)data[i]);
    }
    set_and_print("redis.url", text.data);
    set_and_print("postgres.url", text.data);
    set_and_print("history.webhook_url", text.data);
    set_and_print("dashboard.public_url", text.data);
    parse(text.data);
    buf_fini(&text);
    return 0;
}
