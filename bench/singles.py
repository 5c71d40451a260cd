"""Single requests, one job each, through the inbox: many that wait together, and one after the other on an idle system."""
import json
import subprocess
import time

import redis
from cpu import Cpu
from place import Place, await_true
from report import Row, middle

PUSHED_TOGETHER = 500
PAUSE_S = 0.05


def request(number):
    """Each differs from all others, so that none of them joins another's operation."""
    return json.dumps({"definition": "noop", "args": {"count": 1, "fail_every": 1000 + number}})  # its one job is number 1


def commits_per_s(place, seconds):
    """The bare floor: one client that inserts a row and commits, one after the other."""
    place.postgres.rows("CREATE TABLE IF NOT EXISTS public.bench_floor (n bigint)")
    script = place.directory / "floor.sql"
    script.write_text("INSERT INTO public.bench_floor VALUES (1);\n")
    command = ["pgbench", "-n", "-M", "prepared", "-c", "1", "-T", str(seconds), "-f", script,
               "-h", place.directory / "stores", "-U", "reprise", "reprise"]
    done = subprocess.run(command, env=place.env, capture_output=True, text=True, check=True)
    return next(float(line.split()[2]) for line in done.stdout.splitlines() if line.startswith("tps ="))


def push(place, numbers):
    for first in range(0, len(numbers), PUSHED_TOGETHER):
        place.redis.run("RPUSH", redis.PREFIX + ":inbox", *map(request, numbers[first:first + PUSHED_TOGETHER]))


def completed(place):
    return place.postgres.number("SELECT count(*) FROM tally WHERE state = 'completed'")


def measure(bench):
    """Single requests by the inbox: how many a second of 10 000 pushed at once, and the idle time of one.

    The clock of the many runs from the first push to the last operation completed in PostgreSQL; it stands beside the
    bare floor of the same run, one client that inserts and commits one row after the other. The idle time runs from the
    push to the hash that says completed, one request at a time.
    """
    count = bench.size(10_000, 300)
    with Place(bench.programs) as place:
        floor = commits_per_s(place, bench.size(5, 1))
        worker = place.start_worker()
        push(place, range(20))
        await_true("the first requests", lambda: completed(place) == 20)
        cpu = Cpu(place, worker=worker)
        begun = time.monotonic()
        push(place, range(100, 100 + count))
        await_true("the end of all", lambda: completed(place) == 20 + count, 600, 0.02)
        seconds = time.monotonic() - begun
        note = "us each: " + cpu.us_each(count)
        times = [idle_ms(place) for _ in range(bench.size(200, 20))]
    rate = count / seconds
    yield Row("bare INSERT and COMMIT, 1 client", floor, "1/s")
    yield Row("single requests by the inbox", rate, "1/s", (">=", 5000), floor, rate / floor, note)
    yield Row("one request, idle, p50", middle(times), "ms", ("<=", 3))
    yield Row("one request, idle, p99", middle(times, 0.99), "ms", ("<=", 8))


def idle_ms(place):
    """With an id of its own: the hash is asked for until it says that the operation has ended."""
    operation = "op_" + new_ulid()
    key = redis.PREFIX + ":op:" + operation
    body = json.dumps({"definition": "noop", "args": {"count": 1}, "operation_id": operation})
    begun = time.monotonic()
    place.redis.run("RPUSH", redis.PREFIX + ":inbox", body)
    await_true("the end of one", lambda: place.redis.run("HGET", key, "state") == "completed", 10, 0.0001)
    took = (time.monotonic() - begun) * 1000
    time.sleep(PAUSE_S)
    return took


def new_ulid():
    alphabet, value = "0123456789ABCDEFGHJKMNPQRSTVWXYZ", (int(time.time() * 1000) << 80) | time.monotonic_ns() % (1 << 80)
    return "".join(alphabet[value >> 5 * place & 31] for place in range(25, -1, -1))
