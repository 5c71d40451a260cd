"""Planning and opening a million jobs: the time, what Redis holds of them, whether a single request gets through."""
import threading
import time

import fixtures
from place import Place, await_true
from postgres import sql
from report import Row, middle

KIB = 1024
PLAN_S = 8
MEMORY_NOTE = "sum of MEMORY USAGE of our keys; used_memory grew by %.0f KiB"


class Memory:
    """What Redis holds for one operation and for the worker, and the greatest amount seen."""

    def __init__(self, place):
        self.place, self.before, self.ours, self.grown = place, place.redis.used_bytes(), 0, 0

    def look(self, operation_id):
        self.ours = max(self.ours, self.place.redis.our_bytes(operation_id))
        self.grown = max(self.grown, self.place.redis.used_bytes() - self.before)

    def row(self, name, bound_kib, note=""):
        return Row(name, self.ours / KIB, "KiB", ("<", bound_kib), note=note + MEMORY_NOTE % (self.grown / KIB))


def seconds_of(when):
    return (when["planned_us"] - when["begun_us"]) / 1e6


def insert_limit_s(place, count):
    """The same rows by one bare INSERT … SELECT: what the database alone needs for them, in one transaction."""
    place.postgres.rows("TRUNCATE job, tally, operation")
    begun = time.monotonic()
    place.postgres.rows("INSERT INTO job (operation_id, seq, phase, kind, key) SELECT 'op_bare', i, 0, 'noop', i::text"
                        " FROM generate_series(1, %d) i" % count)
    return time.monotonic() - begun


def measure(bench):
    """Planning and opening a million no-op jobs, and what Redis holds of them.

    No worker runs. The hand plans as producer does; where producer is there, its own time is shown too. Limit: the same
    rows by one INSERT.
    """
    count = bench.size(1_000_000, 50_000)
    with Place(bench.programs) as place:
        memory = Memory(place)
        when = place.start_hand().ask("ask", "noop", '{"count":%d}' % count)
        memory.look(when["operation_id"])
        took, opened_ms = seconds_of(when), (when["opened_us"] - when["begun_us"]) / 1000
        if bench.has("producer"):
            _, program_s = place.producer("run", "noop", "count=%d" % (count - 1), "--yes")
            yield Row("plan, by producer itself", program_s, "s", ("<=", PLAN_S), note="its start-up included")
        limit = insert_limit_s(place, count)
    yield Row("plan and open no-op jobs", took, "s", ("<=", PLAN_S), limit, took / limit,
              "%d jobs, opened after %.0f ms; limit: one INSERT" % (count, opened_ms))
    yield memory.row("Redis, no-op jobs", 64)


# ---- links, and a person meanwhile ----------------------------------------------------------------------------------


class Person(threading.Thread):
    """Asks for one link after the other, each of them once, until told to stop; notes how long each took to begin."""

    def __init__(self, place, links):
        super().__init__(daemon=True)
        self.hand, self.links = place.start_hand(), links
        self.asked, self.trouble, self.stopped = [], None, threading.Event()

    def run(self):
        try:
            for link in self.links:
                if self.stopped.wait(0.2):
                    return
                self.asked.append(self.hand.operation("resync-link", **link))
        except Exception as trouble:
            self.trouble = trouble

    def end(self):
        self.stopped.set()
        self.join()
        if self.trouble:
            raise self.trouble
        return self.asked


def begun_after_ms(place, asked):
    """From the request's commit to the first load of its job, by the clock of this machine."""
    question = ("SELECT (extract(epoch FROM loaded_at) * 1000000)::bigint FROM tally"
                " WHERE operation_id = '%s' AND loaded_at IS NOT NULL")

    def loaded_us(one):
        return int(await_true("the begin of a single request",
                              lambda: place.postgres.value(question % one["operation_id"])))

    return [(loaded_us(one) - one["accepted_us"]) / 1000 for one in asked]


def personal_links(place, hand, count):
    """Links of other apps, to a repository that is there and a receiver that takes it."""
    _, base_url = fixtures.start_receiver(place)
    url = fixtures.make_repository(place, "small", fixtures.small_files(2))
    return [fixtures.add_link(place, hand, 0xa0000 + i, 0xa0000, base_url, url) for i in range(count)]


def begin_row(place, name, asked):
    times = begun_after_ms(place, asked)
    note = "%d requests, p50 %.1f ms; the figure is the worst" % (len(times), middle(times))
    return Row(name, max(times), "ms", ("<=", 50), note=note)


def measure_meanwhile(bench):
    """A person's single requests for links while a million no-op jobs are planned and worked off by the same worker."""
    with Place(bench.programs) as place:
        hand = place.start_hand()
        links = personal_links(place, hand, bench.size(150, 30))
        place.start_worker()
        hand.ask("time", "noop", '{"count":1}')
        person = Person(place, links)
        person.start()
        operation = hand.operation("noop", count=bench.size(1_000_000, 100_000))["operation_id"]
        place.await_end(operation)
        yield begin_row(place, "single request beside no-op jobs", person.end())


def measure_links(bench):
    """A million links planned beside a running worker; a person's single requests for other links meanwhile.

    The links' repositories are not there, so each job fails at its fetch and waits for its retry. The person asks five
    times a second while the million is planned, and goes on while the worker is busy with it.
    """
    apps, repositories = bench.size((10, 100_000), (10, 1_000))
    with Place(bench.programs) as place:
        hand = place.start_hand()
        fixtures.add_many_links(place, hand, apps, repositories)
        links = personal_links(place, hand, bench.size(150, 30))
        memory = Memory(place)
        place.start_worker()
        hand.ask("time", "noop", '{"count":1}')
        person = Person(place, links)
        person.start()
        when = hand.operation("resync-all")
        planned_us = when["planned_us"]
        end = time.monotonic() + bench.size(15, 3)
        while time.monotonic() < end:
            memory.look(when["operation_id"])
            time.sleep(0.5)
        asked = person.end()
        during = [one for one in asked if one["begun_us"] < planned_us]
        after = [one for one in asked if one["begun_us"] >= planned_us]
        yield Row("plan and open links, worker busy", seconds_of(when), "s", note="%d links" % (apps * repositories))
        yield memory.row("Redis, links", 64)
        for name, some in (("single request while planning", during), ("single request beside the bulk", after)):
            if some:
                yield begin_row(place, name, some)


# ---- one failing receiver -------------------------------------------------------------------------------------------


def wait_all(place, operation, total, memory):
    """Puts what has not been tried yet into the state that a failed try leaves, without the requests."""
    for after in range(0, total, 20_000):
        place.postgres.rows(sql("all_waiting", operation=operation, after=after, count=20_000))
        if after % 100_000 == 0:
            memory.look(operation)


def retrying(place, operation):
    return place.postgres.number("SELECT count(*) FROM job WHERE operation_id = '%s' AND failures > 0" % operation)


def measure_failing_receiver(bench):
    """One receiver that fails every request of a million links: what Redis holds while all of them wait for a retry.

    A reduced form: for the first seconds the worker really delivers and fails; the jobs that it has not tried by then
    get by SQL what a failed try would have left (attempt, failures, run_at). Then retries fall due for some time. Real
    requests for a million links would take hours.
    """
    apps, repositories = bench.size((1_000, 1_000), (20, 20))
    with Place(bench.programs) as place:
        hand = place.start_hand()
        _, base_url = fixtures.start_receiver(place)
        fixtures.tell_receiver(base_url, {"mode": "fail", "status": 503})
        fixtures.make_repositories(place, repositories)
        fixtures.add_many_links(place, hand, apps, repositories, base_url)
        memory = Memory(place)
        place.start_worker()
        operation = hand.operation("resync-all")["operation_id"]
        memory.look(operation)
        enough = bench.size(1000, 50)
        await_true("failed tries", lambda: retrying(place, operation) >= enough, 300, 0.2)
        real = retrying(place, operation)
        wait_all(place, operation, apps * repositories, memory)
        end = time.monotonic() + bench.size(40, 5)
        while time.monotonic() < end:
            memory.look(operation)
            time.sleep(0.5)
        waiting = retrying(place, operation)
    note = "reduced: %d of %d waiting failed by real requests; " % (real, waiting)
    yield memory.row("Redis, one failing receiver", 1024, note)
