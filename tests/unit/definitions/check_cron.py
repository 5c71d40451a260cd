"""Cron against a second implementation, which knows nothing of the first: it walks the days of Python's calendar.

usage: check_cron.py <cron_ticks> [seed]
"""
import calendar
import datetime
import random
import subprocess
import sys

UTC = datetime.timezone.utc
MONTHS = [name.upper() for name in calendar.month_abbr]  # "" first
WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
FIELDS = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)]
CASES = 1500
# Where calendars go wrong, and years around them.
MOMENTS = ["1970-01-01", "1999-12-31", "2000-02-28", "2000-02-29", "2024-02-29", "2026-11-21", "2027-02-28", "2096-02-29",
           "2100-02-28", "2100-03-01", "2399-12-31", "2400-02-29"]


def values(field, text, names):
    """The set that one field means."""
    least, most = field
    found = set()
    for item in text.split(","):
        body, _, step = item.partition("/")
        if body == "*":
            low, high = least, most
        else:
            low, _, high = body.partition("-")
            low = number(low, names)
            high = number(high, names) if high else low
        found.update(range(low, high + 1, int(step or 1)))
    return found


def number(text, names):
    return int(text) if text.isdigit() else names.index(text.upper())


def meaning(cron):
    texts = cron.split()
    sets = [values(field, text, names)
            for field, text, names in zip(FIELDS, texts, [[], [], [], MONTHS, WEEKDAYS])]
    sets[4] = {day % 7 for day in sets[4]}
    return sets, texts[2][0] != "*" and texts[4][0] != "*"


def is_day(sets, either, day):
    by_day, by_weekday = day.day in sets[2], day.isoweekday() % 7 in sets[4]
    return day.month in sets[3] and (by_day or by_weekday if either else by_day and by_weekday)


def ticks_of(sets, day):
    start = datetime.datetime(day.year, day.month, day.day, tzinfo=UTC)
    return [start + datetime.timedelta(hours=hour, minutes=minute) for hour in sorted(sets[1]) for minute in sorted(sets[0])]


def around(cron, at):
    """The last tick that is not after `at` and the first one after it, in seconds; None: no such day in a lifetime."""
    sets, either = meaning(cron)
    answers = []
    for step in (-1, 1):
        day = at.date()
        for _ in range(41 * 366):
            if is_day(sets, either, day):
                ticks = [t for t in ticks_of(sets, day) if (t <= at) == (step < 0)]
                if ticks:
                    answers.append(int(max(ticks).timestamp() if step < 0 else min(ticks).timestamp()))
                    break
            day += datetime.timedelta(days=step)
        else:
            return None
    return answers


def random_item(dice, field, names):
    least, most = field
    low, high = sorted((dice.randint(least, most), dice.randint(least, most)))
    shape = dice.randrange(6)
    if shape == 0:
        return "*"
    if shape == 1:
        return "*/%d" % dice.randint(1, most)
    word = names[low] if names and low < len(names) and names[low] and dice.random() < 0.5 else str(low)
    word = dice.choice([word, word.lower(), word.capitalize()])
    return {2: "%s-%d" % (word, high), 3: "%s-%d/%d" % (word, high, dice.randint(1, min(9, most)))}.get(shape, word)


def random_cron(dice):
    fields = []
    for field, names in zip(FIELDS, [[], [], [], MONTHS, WEEKDAYS]):
        fields.append("*" if dice.random() < 0.3 else
                      ",".join(random_item(dice, field, names) for _ in range(dice.choice([1, 1, 1, 2, 3]))))
    return " ".join(fields)


def random_moment(dice):
    base = datetime.datetime.fromisoformat(dice.choice(MOMENTS)).replace(tzinfo=UTC)
    return base + datetime.timedelta(seconds=dice.randint(-2 * 86400, 2 * 86400), days=dice.choice([0, 0, dice.randint(0, 1500)]))


def main():
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(1 << 32)
    print("seed %d" % seed)
    dice = random.Random(seed)
    rare = ["0 0 29 2 *", "59 23 29 FEB */7", "0 12 31 * 5", "0 0 30 2 *", "* * 31 6 *"]
    cases = [(random_moment(dice), cron) for cron in rare for _ in range(40)]
    cases += [(random_moment(dice), random_cron(dice)) for _ in range(CASES)]
    lines = "".join("%d %s\n" % (at.timestamp(), cron) for at, cron in cases)
    answers = subprocess.run([sys.argv[1]], input=lines, capture_output=True, text=True, timeout=120, check=True).stdout
    wrong, refused = 0, 0
    for (at, cron), answer in zip(cases, answers.splitlines(), strict=True):
        expected = around(cron, at)
        text = "refused" if expected is None else "%d %d" % tuple(expected)
        refused += expected is None
        if text != answer:
            wrong += 1
            print("%s at %s: expected %s, got %s" % (cron, at.isoformat(), text, answer))
    print("%d cases, %d of days that do not exist, %d wrong" % (len(cases), refused, wrong))
    return 1 if wrong or not refused else 0


sys.exit(main())
