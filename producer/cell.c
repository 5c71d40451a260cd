#include "producer/cell.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/utf8.h"
#include "producer/out.h"

#define BRIEF_MAX 60 /* characters */
#define NUMBER_MAX 9e15

static void add_brief(struct buf *out, const char *text)
{
    size_t len = strcspn(text, "\r\n"), at = 0;
    bool whole = text[len] == '\0';
    for (int count = 0; at < len && count < BRIEF_MAX; count++) {
        uint32_t code = 0;
        size_t take = utf8_decode(text + at, len - at, &code);
        at += take == 0 ? 1 : take;
    }
    buf_add(out, text, at);
    if (!whole || at < len)
        buf_add_str(out, "…");
}

/* Dollars and cents; below a dollar two digits more, for most runs cost so little. */
static void add_dollars(struct buf *out, double amount)
{
    double size = fabs(amount);
    int64_t cents = (int64_t)(size * 100 + 0.5);
    buf_add_str(out, amount < 0 ? "-$" : "$");
    if (size < 1 && size != 0) {
        buf_addf(out, "%.4f", size);
    } else {
        out_add_count(out, cents / 100);
        buf_addf(out, ".%02d", (int)(cents % 100));
    }
}

/* Nobody wants the milliseconds of what took longer than a few seconds. */
static int64_t to_ms(double seconds)
{
    double ms = seconds * (double)CLOCK_MS_PER_S;
    return seconds < 10 ? (int64_t)ms : (int64_t)(seconds + 0.5) * CLOCK_MS_PER_S;
}

static void add_number(struct buf *out, enum cell cell, double number)
{
    char length[CLOCK_ISO_MAX];
    int64_t whole = (int64_t)(number + (number < 0 ? -0.5 : 0.5));
    switch (cell) {
    case CELL_NUMBER:
        out_add_count(out, whole);
        break;
    case CELL_BYTES:
        out_add_bytes(out, whole);
        break;
    case CELL_AGO:
        buf_addf(out, "%s ago", clock_human_ms(whole, length));
        break;
    case CELL_SECONDS:
        buf_add_str(out, clock_human_ms(to_ms(number), length));
        break;
    case CELL_DOLLARS:
        add_dollars(out, number);
        break;
    case CELL_PERCENT:
        buf_addf(out, "%.1f %%", number);
        break;
    case CELL_CHANGE:
        buf_addf(out, "%+.1f %%", number);
        break;
    default:
        buf_addf(out, "%.1f", number);
    }
}

void cell_add(struct buf *out, enum cell cell, const char *value)
{
    char *end = NULL;
    double number = value == NULL ? 0 : strtod(value, &end);
    if (value == NULL || *value == '\0')
        buf_add_char(out, '-');
    else if (cell == CELL_BRIEF)
        add_brief(out, value);
    else if (cell == CELL_TEXT || *end != '\0' || !(fabs(number) < NUMBER_MAX))
        buf_add_str(out, value);
    else
        add_number(out, cell, number);
}

bool cell_is_right(enum cell cell)
{
    return cell != CELL_TEXT && cell != CELL_BRIEF && cell != CELL_AGO;
}
