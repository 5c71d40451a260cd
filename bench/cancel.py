"""Cancel of an operation of a million jobs, idle and under load."""
import time

from place import Place, await_true
from postgres import sql
from report import NotRun, Row, middle

IDLE_MS, LOAD_MS = 20, 100


def call_ms(place, hand, operation):
    """The call that producer, inbox and flag all make: from its begin until both its transactions are committed."""
    return hand.ask("cancel", operation)["cancelled_us"] / 1000


def program_ms(place, _hand, operation):
    """`producer cancel`, less what the program needs to start and to say its version."""
    begun = time.monotonic()
    place.producer_plain("--version")
    start_up = time.monotonic() - begun
    _, took = place.producer("cancel", operation)
    return (took - start_up) * 1000


def is_begun(place, operation, share):
    text = "SELECT succeeded >= total * %f AND succeeded < total FROM tally WHERE operation_id = '%s'"
    return place.postgres.value(text % (share, operation)) == "t"


def idle(bench, how, times):
    """No worker runs; each time a fresh operation of a million open jobs."""
    taken = []
    with Place(bench.programs) as place:
        hand = place.start_hand()
        planned = hand.operation("noop", count=bench.size(1_000_000, 20_000))["operation_id"]
        for number in range(times):
            operation = "op_%026d" % number
            place.postgres.rows(sql("copy_operation", **{"from": planned, "to": operation}))
            place.postgres.rows("CHECKPOINT")
            taken.append(how(place, hand, operation))
            place.postgres.rows("DELETE FROM job WHERE operation_id = '%s'" % operation)
    return taken


def under_load(bench, how, times):
    """Planned while no worker runs; then one with default settings is in the middle of it, and of the removal of what the
    cancelled one before has left."""
    taken = []
    with Place(bench.programs) as place:
        hand = place.start_hand()
        for number in range(times):
            count = bench.size(1_000_000, 200_000) + number  # another request each time
            operation = hand.operation("noop", count=count)["operation_id"]
            worker = place.start_worker()
            await_true("the middle of an operation", lambda: is_begun(place, operation, 0.1), 120, 0.001)
            taken.append(how(place, hand, operation))
            place.end(worker)
    return taken


def rows(bench, name, way, bound_ms):
    times = bench.size(5, 2)
    for through, how in (("call", call_ms), ("program", program_ms)):
        title = "cancel %s, %s" % (name, through)
        if through == "program" and not bench.has("producer"):
            yield NotRun(title, "there is no producer in the build")
            continue
        taken = way(bench, how, times)
        note = "the worst of %d; p50 %.1f ms" % (times, middle(taken))
        yield Row(title, max(taken), "ms", ("<=", bound_ms), note=note)


def measure(bench):
    """Cancel of a million jobs, idle and under load: the call alone, and `producer cancel` less its start-up."""
    yield from rows(bench, "idle", idle, IDLE_MS)
    yield from rows(bench, "under load", under_load, LOAD_MS)
