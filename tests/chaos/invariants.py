"""The invariants I1 to I9 (docs/invariants.md), checked from outside by statements of its own: what is tested must not be
what tests. `producer doctor` is asked, too, where the program is there.

A running system is given the time that the invariants give it (10 s): check_at_rest awaits rest first, then every statement
must hold.
"""
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testing" / "python"))

from reprise_testing import programs  # noqa: E402
from reprise_testing.waiting import NeverHappened, eventually  # noqa: E402

QUEUES = ("delivery", "history")
_SQL = pathlib.Path(__file__).resolve().parent / "invariants.sql"
_REST_S = 45


class Checker:
    """`hurried`: does not wait for the sweep to take ended operations out of the set of live ones, nor for the doctor, who
    looks twice. For one check among many."""

    def __init__(self, stores, window):
        self.stores = stores
        self.window = window
        self.hurried = False
        self.prefix = stores.prefix
        self._statements = _read_statements(_SQL)

    # ---- Redis in one picture ---------------------------------------------------------------------------------------------

    def lists(self, redis):
        """Every list of chunks, by its key, read at one instant; the workers' lists are those known a moment before."""
        workers = redis("ZRANGE", self.prefix + ":workers", 0, -1)
        keys = [self.prefix + ":queue:" + queue for queue in QUEUES] + [self.prefix + ":suspects:" + queue for queue in QUEUES]
        keys += ["%s:active:%s:%s" % (self.prefix, queue, worker) for queue in QUEUES for worker in workers]
        return dict(zip(keys, redis.transaction([("LRANGE", key, 0, -1) for key in keys])))

    def window_faults(self, redis, operation):
        """I9 at any instant: chunks of the current generation never outnumber the window, nor do the due ones."""
        lists = self.lists(redis)
        generation = redis("HGET", "%s:op:%s" % (self.prefix, operation), "gen")
        chunks = [json.loads(text) for items in lists.values() for text in items]
        mine = [c for c in chunks if c["op"] == operation and str(c["gen"]) == generation]
        faults = []
        for word, found in (("window", [c for c in mine if c.get("w")]), ("due", [c for c in mine if c.get("due")])):
            if len(found) > self.window:
                faults.append("I9: %d %s chunks of %s, window %d: %s" % (len(found), word, operation, self.window, found))
        return faults

    # ---- at rest --------------------------------------------------------------------------------------------------------------

    def check_at_rest(self):
        try:
            eventually(lambda: not self._restless(), "the system comes to rest", _REST_S)
        except NeverHappened as never:
            raise AssertionError("%s; what moves: %s" % (never, self._restless())) from never
        faults = self._database_faults() + self._hash_faults() + self._size_faults()
        assert not faults, "invariants broken:\n" + "\n".join(faults)
        if not self.hurried:
            self._ask_doctor()

    def _restless(self):
        """What still moves: running operations (I5), jobs of cancelled ones, claims, chunks in lists (I6), hashes that are not
        yet what PostgreSQL says (I7)."""
        moving = ["%s %s" % row for row in self.stores.psql.rows(self._statements["restless"])]
        moving += ["%s: %s" % (key, items) for key, items in self.lists(self.stores.redis).items() if items]
        inboxes = self.stores.redis.pipeline(
            [("LLEN", self.prefix + ":inbox")] +
            [("LLEN", "%s:inbox:active:%s" % (self.prefix, worker))
             for worker in self.stores.redis("ZRANGE", self.prefix + ":workers", 0, -1)])
        moving += ["inbox" for n in inboxes if n]
        if not self.hurried:
            moving += ["live: " + operation for operation in self.stores.redis("SMEMBERS", self.prefix + ":ops")]
        return moving + self._hash_faults()

    def _database_faults(self):
        return ["%s: %s" % (name, " ".join(row))
                for name, sql in sorted(self._statements.items()) if name.startswith("I")
                for row in self.stores.psql.rows(sql)]

    def _hash_faults(self):
        """I7: a hash that is there equals the tally."""
        columns = ("operation_id", "state", "total", "succeeded", "failed", "skipped", "cancelled_jobs", "version")
        faults = []
        for row in self.stores.psql.rows(self._statements["tallies"]):
            tally = dict(zip(columns, row))
            found = self.stores.redis.hash("%s:op:%s" % (self.prefix, tally["operation_id"]))
            if found and "gen" in found:
                wrong = {c: (found.get(c), tally[c]) for c in columns if found.get(c) != tally[c]}
                if wrong:
                    faults.append("I7: hash of %s: %s" % (tally["operation_id"], wrong))
        return faults

    def _size_faults(self):
        """I9: at rest Redis holds a hash for each operation, a few lists and the workers; nothing for a job. (An entry for
        retries that were not needed goes when it falls due.)"""
        redis = self.stores.redis
        keys = redis("KEYS", self.prefix + "*")
        known = (":op:", ":worker:", ":workers", ":epoch", ":beats", ":inbox:rejected", ":inbox:count", ":inbox:door",
                 ":installation", ":delayed:", ":ops")
        return ["I9: unexpected key %s" % key for key in keys
                if not any(key[len(self.prefix):].startswith(name) for name in known)]

    def _ask_doctor(self):
        path = programs.program("producer")
        if not os.access(path, os.X_OK):
            return
        answer = subprocess.run([path, "doctor", "--json"], env=programs.environment(self.stores), capture_output=True,
                                text=True, timeout=60)
        assert answer.returncode == 0, "producer doctor: %d\n%s%s" % (answer.returncode, answer.stdout, answer.stderr)


def _read_statements(path):
    """Each begins with a line "-- name:" and an explanation."""
    statements = {}
    for part in path.read_text().split("\n-- ")[1:]:
        head, body = part.split("\n", 1)
        statements[head.split(":")[0]] = body
    return statements
