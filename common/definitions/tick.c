#include "common/definitions/tick.h"

#include <stddef.h>

#define MS INT64_C(1000)

static int64_t floor_to(int64_t value, int64_t step)
{
    int64_t rest = value % step;
    return value - (rest < 0 ? rest + step : rest);
}

enum err tick_rule_read(int64_t every_ms, const char *cron, struct tick_rule *rule, struct err_info *error)
{
    *rule = (struct tick_rule){.every_ms = cron == NULL ? every_ms : 0};
    if (cron != NULL)
        return cron_parse(cron, &rule->cron, error);
    return every_ms > 0 ? ERR_OK : err_set(error, ERR_USAGE, "a schedule needs every or cron");
}

int64_t tick_previous(const struct tick_rule *rule, int64_t now_ms)
{
    return rule->every_ms > 0 ? floor_to(now_ms, rule->every_ms)
                              : cron_previous(&rule->cron, floor_to(now_ms, MS) / MS) * MS;
}

int64_t tick_next(const struct tick_rule *rule, int64_t now_ms)
{
    return rule->every_ms > 0 ? floor_to(now_ms, rule->every_ms) + rule->every_ms
                              : cron_next(&rule->cron, floor_to(now_ms, MS) / MS) * MS;
}

int64_t tick_due(const struct tick_rule *rule, int64_t now_ms, int64_t since_ms, int64_t dealt_ms)
{
    int64_t tick = tick_previous(rule, now_ms);
    bool is_new = since_ms > now_ms || tick > since_ms;
    bool is_dealt_with = dealt_ms <= now_ms && tick <= dealt_ms;
    return is_new && !is_dealt_with ? tick : TICK_NONE;
}
