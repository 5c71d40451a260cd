"""After SIGKILL: how long until the jobs that were in hand run again."""
import json
import os
import signal
import time

import fixtures
import redis
from place import Place, await_true
from report import Row, middle

CHUNK = 1000
NOT_SOON_MS = 3_600_000 // CHUNK  # per job, so that a chunk stays in hand
BETWEEN_KILLS_S = 12              # a process that dies sooner after its start is restarted with a delay


def in_hand(place):
    """{chunk without its mark of who had it: worker} of all active lists of the queue history."""
    held = {}
    for key in place.redis.keys(redis.PREFIX + ":active:history:*"):
        for text in place.redis.run("LRANGE", key, 0, -1):
            chunk = json.loads(text)
            held[(chunk["op"], chunk["from"])] = key.rsplit(":", 1)[1]
    return held


def ask_for_long_jobs(hand, chunks):
    return hand.operation("noop", count=chunks * CHUNK, sleep_ms=NOT_SOON_MS)


def runs_elsewhere(place, before):
    now = in_hand(place)
    return all(now.get(chunk, worker) != worker for chunk, worker in before.items())


def runs_again_s(place, kill, before, patience_s):
    """Kills, and waits until every chunk of `before` is in the hand of another worker."""
    begun = time.monotonic()
    kill()
    await_true("the chunks in another worker's hand", lambda: runs_elsewhere(place, before), patience_s)
    return time.monotonic() - begun


def row(name, times, bound_s):
    return Row(name, max(times), "s", ("<=", bound_s), note="the worst of %d; p50 %.2f s" % (len(times), middle(times)))


def measure_process(bench):
    """SIGKILL of a worker process until its jobs run again; the supervisor lives.

    Two no-op chunks are in hand that take an hour. They run again when another process has taken both.
    """
    times = []
    with Place(bench.programs) as place:
        worker = place.start_worker()
        ask_for_long_jobs(place.start_hand(), 2)
        for number in range(bench.size(5, 2)):
            before = await_true("two chunks in hand", lambda: len(in_hand(place)) == 2 and in_hand(place))
            time.sleep(BETWEEN_KILLS_S if number else 1)
            times.append(runs_again_s(place, lambda: os.kill(worker.children()[0], signal.SIGKILL), before, 60))
        worker.kill_with_children()
        place.running.remove(worker)
    yield row("SIGKILL of a process", times, 2)


def measure_worker(bench):
    """SIGKILL of a whole worker with its supervisor until its jobs run again in a second worker with free executors."""
    times = []
    for _ in range(bench.size(5, 1)):
        with Place(bench.programs) as place:
            doomed = place.start_worker("--worker-executors", "history=2")
            ask_for_long_jobs(place.start_hand(), 2)
            before = await_true("two chunks in hand", lambda: len(in_hand(place)) == 2 and in_hand(place))
            second = place.start_worker("--worker-executors", "history=4")
            times.append(runs_again_s(place, doomed.kill_with_children, before, 60))
            second.kill_with_children()
            place.running.remove(second)
            place.running.remove(doomed)
    yield row("SIGKILL of a whole worker", times, 10)


# ---- a link in hand -------------------------------------------------------------------------------------------------


def claim(place):
    return place.postgres.row("SELECT worker, attempt FROM exclusive")


def link_again_s(bench, kill_and_more):
    """A receiver hangs, so that a link's job is in hand with a request under way. After the kill: until another worker
    has claimed the link."""
    with Place(bench.programs) as place:
        hand = place.start_hand()
        _, base_url = fixtures.start_receiver(place)
        fixtures.tell_receiver(base_url, {"mode": "hang"})
        url = fixtures.make_repository(place, "small", fixtures.small_files(2))
        link = fixtures.add_link(place, hand, 1, 1, base_url, url)
        worker = place.start_worker()
        hand.operation("resync-link", **link)
        await_true("a request that hangs", lambda: place.postgres.value("SELECT 1 FROM delivery_intents"))
        before, begun = claim(place), time.monotonic()
        others = kill_and_more(place, worker)
        await_true("a new claim of the link", lambda: (claim(place) or before)[0] != before[0], 120, 0.02)
        took = time.monotonic() - begun
        for program in others:
            program.kill_with_children()
            place.running.remove(program)
    return took


def kill_process(place, worker):
    os.kill(worker.children()[0], signal.SIGKILL)
    return [worker]


def kill_worker(place, worker):
    second = place.start_worker()
    worker.kill_with_children()
    return [second, worker]


def measure_delivery(bench):
    """SIGKILL while a link is in hand, a request under way, until it is claimed again: of a process, of a worker."""
    times = bench.size(2, 1)
    yield row("SIGKILL of a process, link", [link_again_s(bench, kill_process) for _ in range(times)], 60)
    yield row("SIGKILL of a worker, link", [link_again_s(bench, kill_worker) for _ in range(times)], 60)
