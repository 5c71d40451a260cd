#include "common/history/local_hour.h"

#include <stdbool.h>
#include <string.h>

struct reader {
    const char *at, *end;
};

/* Exactly `digits` of them, from `least` to `most`. */
static bool read_number(struct reader *reader, int digits, int least, int most, int *value)
{
    if (reader->end - reader->at < digits)
        return false;
    *value = 0;
    for (; digits > 0; digits--, reader->at++) {
        if (*reader->at < '0' || *reader->at > '9')
            return false;
        *value = *value * 10 + (*reader->at - '0');
    }
    return *value >= least && *value <= most;
}

static bool read_one_of(struct reader *reader, const char *characters)
{
    if (reader->at == reader->end || *reader->at == '\0' || strchr(characters, *reader->at) == NULL)
        return false;
    reader->at++;
    return true;
}

static int days_of_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && is_leap);
}

/* Sakamoto's method, moved from Sunday 0 to Monday 0. */
static int weekday_of(int year, int month, int day)
{
    static const int offsets[] = {0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};
    if (month < 3)
        year--;
    return (year + year / 4 - year / 100 + year / 400 + offsets[month - 1] + day + 6) % 7;
}

static bool read_date(struct reader *reader, int *weekday)
{
    int year, month, day;
    if (!read_number(reader, 4, 1, 9999, &year) || !read_one_of(reader, "-") ||
        !read_number(reader, 2, 1, 12, &month) || !read_one_of(reader, "-") ||
        !read_number(reader, 2, 1, days_of_month(year, month), &day))
        return false;
    *weekday = weekday_of(year, month, day);
    return true;
}

static bool read_seconds(struct reader *reader)
{
    int part;
    if (!read_one_of(reader, ":"))
        return true;
    if (!read_number(reader, 2, 0, 59, &part))
        return false;
    if (!read_one_of(reader, ".,"))
        return true;
    const char *from = reader->at;
    while (read_one_of(reader, "0123456789"))
        continue;
    return reader->at > from;
}

static bool read_zone(struct reader *reader)
{
    int part;
    if (reader->at == reader->end || read_one_of(reader, "Zz"))
        return true;
    if (!read_one_of(reader, "+-") || !read_number(reader, 2, 0, 23, &part))
        return false;
    if (reader->at == reader->end)
        return true;
    (void)read_one_of(reader, ":");
    return read_number(reader, 2, 0, 59, &part);
}

static bool read_time(struct reader *reader, int *hour)
{
    int minute;
    *hour = 0;
    if (reader->at == reader->end)
        return true;
    return read_one_of(reader, "Tt ") && read_number(reader, 2, 0, 23, hour) && read_one_of(reader, ":") &&
           read_number(reader, 2, 0, 59, &minute) && read_seconds(reader) && read_zone(reader);
}

struct local_hour local_hour_of(const char *text, size_t len)
{
    struct local_hour found;
    struct reader reader = {text, text == NULL ? NULL : text + len};
    if (text != NULL && read_date(&reader, &found.day_of_week) && read_time(&reader, &found.hour_of_day) &&
        reader.at == reader.end)
        return found;
    return (struct local_hour){LOCAL_HOUR_UNKNOWN, LOCAL_HOUR_UNKNOWN};
}
