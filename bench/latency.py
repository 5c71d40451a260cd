"""From a request's commit to its job settled, on an idle system."""
import time

from place import Place
from report import Row, middle

PAUSE_S = 0.02


def commit_ms(place, count):
    """Single commits that write and wait for the disk, without any table."""
    times = []
    for _ in range(count):
        begun = time.monotonic()
        place.postgres.rows("SELECT pg_logical_emit_message(true, 'bench', 'x')")
        times.append((time.monotonic() - begun) * 1000)
    return times


def measure(bench):
    """Idle latency from a request's commit to its job settled, beside five measured commits.

    One request at a time; its job is committed before Redis hears of it, so the clock starts when the plan's commit has
    come back. Settled is what a look at PostgreSQL every 0.2 ms finds. The commits are measured before and after.
    """
    count = bench.size(300, 20)
    with Place(bench.programs) as place:
        place.start_worker()
        hand = place.start_hand()
        hand.ask("time", "noop", '{"count":1}')  # the first one prepares statements
        commits = commit_ms(place, count // 2)
        settles = []
        for _ in range(count):
            when = hand.ask("time", "noop", '{"count":1}')
            settles.append((when["settled_us"] - when["first_us"]) / 1000)
            time.sleep(PAUSE_S)
        commits += commit_ms(place, count // 2)
    five = 5 * middle(commits)
    note = "%d requests; one commit: p50 %.2f ms, p99 %.2f ms" % (count, middle(commits), middle(commits, 0.99))
    yield Row("idle latency, p50", middle(settles), "ms", ("<=", max(3.0, five)), five, middle(settles) / five, note)
    yield Row("idle latency, p99", middle(settles, 0.99), "ms", ("<=", 20), middle(commits, 0.99),
              middle(settles, 0.99) / middle(commits, 0.99), "limit: p99 of one commit")
