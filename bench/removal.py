"""The open jobs of a cancelled operation, and how long a worker needs to remove them."""
import time

from place import Place, await_true
from postgres import sql
from report import Row

GONE_S = 10
SMALL = 5000


def without_statistics(place):
    place.postgres.rows("ALTER TABLE job SET (autovacuum_enabled = false)")
    place.postgres.rows("DELETE FROM pg_statistic WHERE starelid = 'job'::regclass")


def with_stale_statistics(place):
    """As they were when a small operation was all there is."""
    place.postgres.rows("ALTER TABLE job SET (autovacuum_enabled = false)")
    place.postgres.rows("CREATE TABLE public.aside AS SELECT * FROM job WHERE seq > %d" % SMALL)
    place.postgres.rows("DELETE FROM job WHERE seq > %d" % SMALL)
    place.postgres.rows("VACUUM ANALYZE job")
    place.postgres.rows("INSERT INTO job SELECT * FROM public.aside")
    place.postgres.rows("DROP TABLE public.aside")


def with_fresh_statistics(place):
    place.postgres.rows("ANALYZE job")


STATES = {"missing": without_statistics, "stale": with_stale_statistics, "fresh": with_fresh_statistics}


def rows_left(place, operation):
    return place.postgres.number("SELECT count(*) FROM (SELECT FROM job WHERE operation_id = '%s' LIMIT 1) x" % operation)


def bare_delete_s(place, hand, planned):
    """The same rows by one DELETE."""
    operation = "op_%026d" % 1
    place.postgres.rows(sql("copy_operation", **{"from": planned, "to": operation}))
    place.postgres.rows("CHECKPOINT")
    begun = time.monotonic()
    place.postgres.rows("DELETE FROM job WHERE operation_id = '%s'" % operation)
    return time.monotonic() - begun


def measure(bench):
    """A worker starts on a cancelled operation of a million open jobs: until none is left, with the table's statistics
    missing, stale and fresh."""
    for state, spoil in STATES.items():
        with Place(bench.programs) as place:
            hand = place.start_hand()
            planned = hand.operation("noop", count=bench.size(1_000_000, 20_000))["operation_id"]
            bare = bare_delete_s(place, hand, planned)
            spoil(place)
            hand.ask("cancel", planned)
            place.postgres.rows("CHECKPOINT")
            begun = time.monotonic()
            place.start_worker()
            await_true("the removal", lambda: not rows_left(place, planned), 300, 0.02)
            took = time.monotonic() - begun
        yield Row("cancelled jobs removed, statistics " + state, took, "s", ("<=", GONE_S), bare, took / bare,
                  "limit: one bare DELETE of as many rows")
