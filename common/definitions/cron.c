/*
 * A tick is looked for day by day, and within a day in the masks of hours and minutes. The rarest day, a 29 February of
 * one weekday, comes back within 40 years, so the search has an end. Calendar arithmetic is that of the proleptic
 * Gregorian calendar by eras of 400 years, whose year begins in March.
 */
#include "common/definitions/cron.h"

#include <assert.h>
#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#define SECONDS_A_MINUTE 60
#define SECONDS_AN_HOUR 3600
#define SECONDS_A_DAY 86400
#define DAYS_AN_ERA 146097
/* From one 29 February of a given weekday to the next it may be 40 years, across a century without a leap day. */
#define DAYS_MAX (41 * 366)

static const char *const month_names[] = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL",
                                          "AUG", "SEP", "OCT", "NOV", "DEC", NULL};
static const char *const weekday_names[] = {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", NULL};

static const struct field {
    const char *name;
    unsigned least, most;
    const char *const *words; /* of the values from `least` on; NULL = numbers only */
} fields[] = {{"minute", 0, 59, NULL},
              {"hour", 0, 23, NULL},
              {"day", 1, 31, NULL},
              {"month", 1, 12, month_names},
              {"weekday", 0, 7, weekday_names}};
#define FIELDS (sizeof fields / sizeof *fields)

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* A field's text while it is read. */
struct reader {
    const struct field *field;
    const char *at, *end;
    struct err_info *error;
};

static enum err cron_refuse(const struct reader *r, const char *why)
{
    return err_set(r->error, ERR_USAGE, "cron: the %s, at \"%.*s\", %s", r->field->name, (int)(r->end - r->at), r->at,
                   why);
}

static bool take_char(struct reader *r, char c)
{
    bool there = r->at < r->end && *r->at == c;
    r->at += there;
    return there;
}

static enum err read_number(struct reader *r, unsigned most, unsigned *value)
{
    const char *begin = r->at;
    unsigned number = 0;
    while (r->at < r->end && isdigit((unsigned char)*r->at) && r->at - begin < 3)
        number = number * 10 + (unsigned)(*r->at++ - '0');
    if (r->at > begin && number <= most) {
        *value = number;
        return ERR_OK;
    }
    r->at = begin;
    return err_set(r->error, ERR_USAGE, "cron: the %s, at \"%.*s\", must be %u to %u%s", r->field->name,
                   (int)(r->end - begin), begin, r->field->least, r->field->most,
                   r->field->words == NULL ? "" : " or a name of three letters");
}

static enum err read_value(struct reader *r, unsigned *value)
{
    const char *const *words = r->field->words;
    for (unsigned i = 0; words != NULL && words[i] != NULL && r->end - r->at >= 3; i++)
        if (strncasecmp(r->at, words[i], 3) == 0) {
            r->at += 3;
            *value = r->field->least + i;
            return ERR_OK;
        }
    enum err err = read_number(r, r->field->most, value);
    return err == ERR_OK && *value < r->field->least ? cron_refuse(r, "is below what the field can be") : err;
}

/* *, a, a-b, with /step behind all but a single value. */
static enum err read_item(struct reader *r, uint64_t *mask)
{
    unsigned from = r->field->least, to = r->field->most, step = 1;
    bool is_range = take_char(r, '*');
    enum err err = ERR_OK;
    if (!is_range) {
        err = read_value(r, &from);
        to = from;
        is_range = err == ERR_OK && take_char(r, '-');
        if (is_range)
            err = read_value(r, &to);
    }
    if (err == ERR_OK && to < from)
        err = cron_refuse(r, "follows a range that ends before it begins; write two of them");
    if (err == ERR_OK && take_char(r, '/')) {
        err = is_range ? read_number(r, r->field->most, &step)
                       : cron_refuse(r, "is a step of a single value; write * or a range before it");
        if (err == ERR_OK && step == 0)
            err = cron_refuse(r, "follows a step of 0");
    }
    for (unsigned value = from; err == ERR_OK && value <= to; value += step)
        *mask |= UINT64_C(1) << value;
    return err;
}

static enum err read_field(struct reader *r, uint64_t *mask)
{
    *mask = 0;
    for (;;) {
        enum err err = read_item(r, mask);
        if (err != ERR_OK)
            return err;
        if (r->at == r->end)
            return ERR_OK;
        if (!take_char(r, ','))
            return cron_refuse(r, "has something behind its value; lists are separated by commas");
    }
}

static enum err read_fields(const char *text, struct reader readers[FIELDS], struct err_info *error)
{
    size_t count = 0;
    for (const char *at = text + strspn(text, " "); *at != '\0'; at += strspn(at, " ")) {
        size_t len = strcspn(at, " ");
        if (count < FIELDS)
            readers[count] = (struct reader){&fields[count], at, at + len, error};
        count++;
        at += len;
    }
    if (count != FIELDS)
        return err_set(error, ERR_USAGE, "cron must have five fields (minute hour day month weekday), \"%s\" has %zu",
                       text, count);
    return ERR_OK;
}

enum err cron_parse(const char *text, struct cron *cron, struct err_info *error)
{
    struct reader readers[FIELDS] = {{.at = NULL}};
    uint64_t masks[FIELDS];
    *cron = (struct cron){0};
    enum err err = read_fields(text, readers, error);
    if (err != ERR_OK)
        return err;
    assert(readers[2].at != NULL && readers[4].at != NULL); /* all five were found */
    bool either_day = *readers[2].at != '*' && *readers[4].at != '*';
    for (size_t i = 0; i < FIELDS; i++) {
        err = read_field(&readers[i], &masks[i]);
        if (err != ERR_OK)
            return err;
    }
    uint64_t sunday = (masks[4] >> 7) & 1;
    *cron = (struct cron){
        masks[0],  (uint32_t)masks[1], (uint32_t)masks[2], (uint32_t)masks[3], (uint32_t)((masks[4] & 0x7F) | sunday),
        either_day};
    return cron_next(cron, 0) != CRON_NEVER
               ? ERR_OK
               : err_set(error, ERR_USAGE, "cron: \"%s\" means a day that no year has", text);
}

/* ---- the calendar ------------------------------------------------------------------------------------------------ */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Month (1 to 12) and day of month of the day that is `day` days after 1 January 1970. */
static void month_and_day(int64_t day, unsigned *month, unsigned *of_month)
{
    int64_t shifted = day + 719468, era = floor_div(shifted, DAYS_AN_ERA), of_era = shifted - era * DAYS_AN_ERA;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / (DAYS_AN_ERA - 1)) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t from_march = (5 * of_year + 2) / 153;
    *of_month = (unsigned)(of_year - (153 * from_march + 2) / 5 + 1);
    *month = (unsigned)(from_march < 10 ? from_march + 3 : from_march - 9);
}

static bool is_meant(const struct cron *cron, int64_t day)
{
    unsigned month, of_month;
    month_and_day(day, &month, &of_month);
    unsigned weekday = (unsigned)(day + 4 - 7 * floor_div(day + 4, 7)); /* 1 January 1970 was a Thursday */
    bool by_day = (cron->days >> of_month) & 1, by_weekday = (cron->weekdays >> weekday) & 1;
    return ((cron->months >> month) & 1) && (cron->either_day ? by_day || by_weekday : by_day && by_weekday);
}

/* ---- ticks ------------------------------------------------------------------------------------------------------- */

/* The lowest set bit from `from` on; -1 if there is none. */
static int lowest(uint64_t mask, int from)
{
    uint64_t rest = from > 63 ? 0 : mask & ~((UINT64_C(1) << from) - 1);
    return rest == 0 ? -1 : __builtin_ctzll(rest);
}

/* The highest set bit up to `to`, which is below 63; -1 if there is none. */
static int highest(uint64_t mask, int to)
{
    uint64_t rest = to < 0 ? 0 : mask & ((UINT64_C(1) << (to + 1)) - 1);
    return rest == 0 ? -1 : 63 - __builtin_clzll(rest);
}

/* Second of the day of the first tick that is not before `second`; -1 if the day has none. */
static int64_t first_in_day(const struct cron *cron, int64_t second)
{
    int64_t whole = (second + SECONDS_A_MINUTE - 1) / SECONDS_A_MINUTE; /* minutes of the day, rounded up */
    int hour = (int)(whole / 60), minute = lowest(cron->minutes, (int)(whole % 60));
    bool this_hour = hour < 24 && ((cron->hours >> hour) & 1) && minute >= 0;
    if (!this_hour) {
        hour = lowest(cron->hours, hour + 1);
        minute = lowest(cron->minutes, 0);
    }
    return hour < 0 || hour > 23 ? -1 : hour * SECONDS_AN_HOUR + minute * SECONDS_A_MINUTE;
}

/* The same backwards: the last tick that is not after `second`. */
static int64_t last_in_day(const struct cron *cron, int64_t second)
{
    int hour = (int)(second / SECONDS_AN_HOUR);
    int minute = highest(cron->minutes, (int)(second % SECONDS_AN_HOUR / SECONDS_A_MINUTE));
    if (!((cron->hours >> hour) & 1) || minute < 0) {
        hour = highest(cron->hours, hour - 1);
        minute = highest(cron->minutes, 59);
    }
    return hour < 0 ? -1 : hour * SECONDS_AN_HOUR + minute * SECONDS_A_MINUTE;
}

int64_t cron_next(const struct cron *cron, int64_t at_s)
{
    int64_t first = floor_div(at_s + 1, SECONDS_A_DAY);
    for (int64_t day = first; day <= first + DAYS_MAX; day++) {
        int64_t from = day == first ? at_s + 1 - day * SECONDS_A_DAY : 0;
        int64_t second = is_meant(cron, day) ? first_in_day(cron, from) : -1;
        if (second >= 0)
            return day * SECONDS_A_DAY + second;
    }
    return CRON_NEVER;
}

int64_t cron_previous(const struct cron *cron, int64_t at_s)
{
    int64_t last = floor_div(at_s, SECONDS_A_DAY);
    for (int64_t day = last; day >= last - DAYS_MAX; day--) {
        int64_t to = day == last ? at_s - day * SECONDS_A_DAY : SECONDS_A_DAY - 1;
        int64_t second = is_meant(cron, day) ? last_in_day(cron, to) : -1;
        if (second >= 0)
            return day * SECONDS_A_DAY + second;
    }
    return CRON_NEVER;
}

/* ---- ticks ------------------------------------------------------------------------------------------------------- */

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
