"""Re-syncs of definitions: how long a large installation waits for one."""
import time

from place import Place
from report import Row, middle

TEXT = """id: load-%04d
name: Definition %d, version %d
args:
  count: {type: integer, minimum: 1, maximum: 1000, default: 10, description: How many jobs.}
  app_id: {type: string, pattern: "^app_[0-9a-f]{24}$"}
phases:
  - {id: one, label: One, job: noop, over: numbers}
  - {id: two, label: Two, job: noop, over: numbers}
retry: {attempts: 5, backoff: exponential, base: 1s, max: 60s, jitter: 0.2}
window: 16
"""


def write(folder, number, version):
    (folder / ("load-%04d.yaml" % number)).write_text(TEXT % (number, number, version))


def resync_ms(place, folder):
    """All of the program: connecting, reading all files, the transaction, the answer."""
    begun = time.monotonic()
    place.producer_plain("resync-definitions", "--json", "--definitions-dir", str(folder))
    return (time.monotonic() - begun) * 1000


def measure(bench):
    """A re-sync of 1 000 definitions, 100 of which have changed; and one that finds nothing to do."""
    count, rounds = bench.size(1000, 50), bench.size(9, 2)
    with Place(bench.programs) as place:
        folder = place.directory / "many"
        folder.mkdir()
        for number in range(count):
            write(folder, number, 0)
        first = resync_ms(place, folder)
        changed, unchanged = [], []
        for version in range(1, rounds + 1):
            for number in range(count // 10):
                write(folder, number * 10 + version % 10, version)
            changed.append(resync_ms(place, folder))
            unchanged.append(resync_ms(place, folder))
    note = "worst of %d; p50 %.0f ms; the first of all, which writes %d: %.0f ms" % (rounds, middle(changed), count, first)
    yield Row("re-sync, %d definitions, %d changed" % (count, count // 10), max(changed), "ms", ("<=", 1000), note=note)
    yield Row("re-sync that finds nothing", max(unchanged), "ms", ("<=", 1000), note="p50 %.0f ms" % middle(unchanged))
