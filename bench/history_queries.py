"""The lists of the workflow history on a million runs: a fixed list of filters x sort keys x depths; analytics, trends."""
import json
import time

from place import Place
from postgres import sql
from report import Row, middle

LIST_MEDIAN_MS, LIST_WORST_MS, ANALYTICS_MS = 20, 250, 300
TIMES = 3

FILTERS = (
    {},
    {"status": "failed"},
    {"status": "pending"},
    {"model": "claude-opus-4-5"},            # the dear one: it hangs together with cost and duration
    {"template": "adw_ship_rare"},           # a dozen runs
    {"template": "nothing is called so"},
    {"status": "completed", "model": "claude-haiku-4-5", "template": "adw_plan_build"},
    {"search": "mamlpg"},                    # some thousand runs
    {"search": "fix the"},                   # some ten thousand, among many that have both words apart
    {"search": "queue"},                     # one in twenty or so: where the way of searching changes
    {"search": "the"},                       # most of them
    {"search": "no text has this in it"},
)
MONTHS_AGO = (1, 12, 23)  # a range of a month, near and far: creation and start hang together
KEYS = ("created_at", "start_time", "actual_cost_total", "duration_seconds", "adw_id")
ORDERS = ("desc", "asc")


def ranges(place):
    for ago in MONTHS_AGO:
        first, last = place.postgres.row("SELECT (now() - interval '%d months')::date, (now() - interval '%d months')::date" % (ago, ago - 1))
        yield {"from": first, "to": last}
        yield {"from": first, "to": last, "status": "failed"}


def questions(place):
    for wanted in (*FILTERS, *ranges(place)):
        for key in KEYS:
            for order in ORDERS:
                yield {**wanted, "sort_by": key, "sort_order": order}


def took_ms(hand, name, **args):
    """The middle of some, after one that fills the caches."""
    answers = [hand.ask("question", name, json.dumps(args)) for _ in range(TIMES + 1)]
    return middle([answer["took_us"] / 1000 for answer in answers[1:]]), answers[-1]


def deep(hand, question, pages=20):
    """The cursor after so many pages of 500."""
    cursor = None
    for _ in range(pages):
        args = {**question, "limit": "500", **({"cursor": cursor} if cursor else {})}
        following = hand.ask("question", "history", json.dumps(args))["next"]
        if following is None:
            break
        cursor = following
    return cursor


def ask_all(place, hand):
    """Each question's first page, the page at offset 1000, and a page at row 10 000 by cursor: [(ms, what), …]."""
    seen = []
    for question in questions(place):
        seen.append((took_ms(hand, "history", **question)[0], question))
        if question["sort_order"] == "desc":
            seen.append((took_ms(hand, "history", **question, offset="1000")[0], {**question, "offset": 1000}))
            cursor = deep(hand, question)
            if cursor:
                seen.append((took_ms(hand, "history", **question, cursor=cursor)[0], {**question, "cursor": "at 10 000"}))
    return seen


def words_of(question):
    return " ".join("%s=%s" % pair for pair in question.items())


def measure(bench):
    """Questions on a history of a million runs, as producer and dashboard ask them, their JSON included.

    Each figure is the middle of three after a first. Trigrams, sums and indexes are as the programs keep them.
    """
    runs = bench.size(1_000_000, 20_000)
    with Place(bench.programs) as place:
        begun = time.monotonic()
        for statement in sql("history_rows", count=runs).split(";\n"):
            place.postgres.rows(statement)
        loaded_s = time.monotonic() - begun
        hand = place.start_hand()
        lists = ask_all(place, hand)
        times = [ms for ms, _ in lists]
        worst_ms, worst = max(lists, key=lambda one: one[0])
        yield Row("history, lists", middle(times), "ms", ("<=", LIST_MEDIAN_MS),
                  note="%d questions on %d runs (made in %.0f s); p95 %.1f ms, %d above %d ms" % (
                      len(times), runs, loaded_s, middle(times, 0.95), sum(ms > LIST_WORST_MS for ms in times), LIST_WORST_MS))
        yield Row("history, the worst list", worst_ms, "ms", ("<=", LIST_WORST_MS), note=words_of(worst))
        yield Row("history, analytics", took_ms(hand, "analytics")[0], "ms", ("<=", ANALYTICS_MS))
        for days, period in ((30, "day"), (365, "week"), (31, "hour")):
            yield Row("history, trends by %s" % period, took_ms(hand, "trends", days=str(days), group_by=period)[0], "ms",
                      note="%d days" % days)
        yield Row("history, stale costs", took_ms(hand, "stale-costs")[0], "ms", note="the first 50")
