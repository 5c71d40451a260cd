"""What each chaos scenario stands on: durable stores of its own, workers, operations of jobs without effect, a seed.

REPRISE_SEED sets the seed, which is printed; REPRISE_CHAOS=long makes the runs long. The definition `chaos` is the engine's
`noop` in small chunks, with two phases and quick retries, so that little work goes through every part of the engine.
"""
import json
import os
import pathlib
import random
import shutil
import sys
import tempfile
import time
import unittest

from invariants import Checker  # makes the shared modules known
from reprise_testing import programs, stores, waiting

eventually = waiting.eventually
LONG = os.environ.get("REPRISE_CHAOS") == "long"
CHUNK, WINDOW = 50, 4
PHASES = 2
STALLED_S = 300  # a chunk of any kind takes far less

_DEFINITION = """
id: %(id)s
name: Chaos
description: Jobs without effect in small chunks.
args:
  count: {type: integer, minimum: 1, maximum: 1000000, default: 100, description: How many jobs in each phase.}
  sleep_ms: {type: integer, minimum: 0, maximum: 60000, default: 0, description: Milliseconds of waiting per job.}
  fail_every: {type: integer, minimum: 0, maximum: 1000000, default: 0, description: Each job whose number divides by this.}
  poison: {type: string, description: The key of a job that kills its process.}
  tag: {type: string, description: Makes a request differ from others.}
phases:
%(phases)s
retry: {attempts: 3, backoff: exponential, base: 50ms, max: 200ms, jitter: 0.2}
timeout: 5m
window: %(window)d
chunk: %(chunk)d
"""
_ULID = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def operation_id(chance):
    number = (int(time.time() * 1000) << 80) | chance.getrandbits(80)
    return "op_" + "".join(_ULID[(number >> shift) & 31] for shift in range(125, -5, -5))


def write_definitions(folder):
    """The house's own, and `chaos` (two phases) and `chaos-once` (one)."""
    shutil.copytree(stores.ROOT / "definitions", folder)
    for name, phases in (("chaos", PHASES), ("chaos-once", 1)):
        lines = "\n".join("  - {id: p%d, label: Phase, job: noop, over: numbers}" % i for i in range(phases))
        text = _DEFINITION % {"id": name, "phases": lines, "window": WINDOW, "chunk": CHUNK}
        (folder / (name + ".yaml")).write_text(text)
    return folder


def choose_seed():
    """The quick form is the same each time, so that it speaks of the change at hand; the long form looks for news."""
    given = os.environ.get("REPRISE_SEED")
    if given:
        return int(given)
    return random.SystemRandom().getrandbits(32) if LONG else 1


class Scenario(unittest.TestCase):
    """The stores live as long as the class; each test empties them. `self.chance` is the seeded source of chance."""

    @classmethod
    def setUpClass(cls):
        cls.seed = choose_seed()
        print("REPRISE_SEED=%d %s" % (cls.seed, cls.__name__), flush=True)
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="reprise-chaos-"))
        cls.definitions = write_definitions(cls.folder / "definitions")
        try:
            cls.stores = stores.Stores()
        except stores.StoresMissing:
            sys.exit(stores.NOT_INSTALLED)
        cls.used = False
        cls.started_workers = 0

    @classmethod
    def tearDownClass(cls):
        cls.stores.stop()
        shutil.rmtree(cls.folder, ignore_errors=True)

    def setUp(self):
        self.chance = random.Random("%d %s" % (self.seed, self.id()))
        if type(self).used:
            self.stores.empty()
        type(self).used = True
        self.redis, self.psql = self.stores.redis, self.stores.psql
        self.checker = Checker(self.stores, WINDOW)
        self.workers = []
        self.addCleanup(self._end_workers)
        self.started = time.monotonic()

    def _end_workers(self):
        for worker in self.workers:
            worker.end_at_once()
        result = self._outcome.result
        if any(test is self for test, _ in result.errors + result.failures):
            for worker in self.workers:
                print("---- %s\n%s" % (worker.log.name, "\n".join(worker.text().splitlines()[-60:])), flush=True)
        print("%s: %.1f s" % (self.id(), time.monotonic() - self.started), flush=True)

    # ---- workers ------------------------------------------------------------------------------------------------------

    def start_worker(self, processes=1, executors=2, **more):
        """`more`: as programs.environment. It is up once one of its processes beats."""
        settings = {"REPRISE_WORKER_PROCESSES": processes, "REPRISE_WORKER_EXECUTORS": "history=%d" % executors,
                    "REPRISE_WORKER_GRACE": "10s"}
        settings.update(more)
        env = programs.environment(self.stores, definitions=self.definitions, **settings)
        type(self).started_workers += 1
        worker = programs.Worker(env, self.folder / ("worker-%d.log" % self.started_workers))
        self.workers.append(worker)
        return worker

    # ---- operations -----------------------------------------------------------------------------------------------------

    def ask(self, definition="chaos", **args):
        """Through the inbox, by an id of our own; returns it once PostgreSQL has the operation. Repeats as a client must that
        is not to lose a request with Redis' last second."""
        wanted = operation_id(self.chance)
        self.push(definition, wanted, **args)
        self.await_accepted(wanted)
        return wanted

    def push(self, definition, wanted, **args):
        request = {"definition": definition, "args": args}
        if wanted is not None:
            request["operation_id"] = wanted
        self.redis("RPUSH", self.stores.prefix + ":inbox", json.dumps(request))

    def await_accepted(self, operation):
        eventually(lambda: self.state(operation), "%s is accepted" % operation)

    def state(self, operation):
        try:
            return self.psql.value("SELECT state FROM tally WHERE operation_id = '%s'" % operation)
        except stores.SqlError as error:
            if error.sqlstate == "42P01":  # the worker has not migrated yet
                return None
            raise

    def settled(self, operation):
        return self.psql.number("SELECT succeeded + failed + skipped FROM tally WHERE operation_id = '%s'" % operation)

    def await_settled(self, operation, at_least):
        eventually(lambda: self.settled(operation) >= at_least, "%s has settled %d jobs" % (operation, at_least))

    def await_state(self, operation, state, timeout_s=waiting.PATIENCE_S):
        eventually(lambda: self.state(operation) == state, "%s is %s" % (operation, state), timeout_s)

    def await_completed(self, operation):
        """However slow the machine is: it may take as long as it likes while operations get on."""
        last = self._progress(operation)
        while last[0] == "running":
            eventually(lambda: self._progress(operation) != last, "something gets on while %s runs" % operation, STALLED_S)
            last = self._progress(operation)
        self.assertEqual(last[0], "completed")

    def _progress(self, operation):
        return self.psql.rows("SELECT state, (SELECT sum(version) FROM tally) FROM tally WHERE operation_id = '%s'"
                              % operation)[0]

    def change(self, verb, operation):
        """cancel, pause or resume, by the inbox."""
        self.redis("RPUSH", self.stores.prefix + ":inbox", json.dumps({verb: operation}))

    def hash(self, operation):
        return self.redis.hash("%s:op:%s" % (self.stores.prefix, operation))

    # ---- the end ----------------------------------------------------------------------------------------------------------

    def assert_all_done(self, operation, count, failed=0, timeout_s=waiting.PATIENCE_S, phases=PHASES):
        """Completed, each job once in each phase, exactly `failed` of them failed; then every invariant."""
        self.await_state(operation, "completed", timeout_s)
        row = self.psql.rows("SELECT total, succeeded, failed, skipped FROM tally WHERE operation_id = '%s'" % operation)[0]
        total = count * phases
        self.assertEqual(tuple(map(int, row)), (total, total - failed, failed, 0))
        self.assertEqual(self.psql.rows(
            "SELECT phase, count(*), count(DISTINCT key), min(key::int), max(key::int) FROM job_outcome"
            " WHERE operation_id = '%s' GROUP BY phase ORDER BY phase" % operation),
            [(str(phase), str(count), str(count), "1", str(count)) for phase in range(phases)])
        self.checker.check_at_rest()
