"""A thread that polls operations while they run and compares what it reads: exact counts at every poll (I2), a hash that is
never ahead of PostgreSQL and never goes backwards (I7), never more chunks than the window (I9).

The hash is read before the database: what it says must have been committed by then. One statement sees one snapshot.
"""
import threading

_COUNTS = ("total", "succeeded", "failed", "skipped", "cancelled_jobs")
_FIELDS = ("timeline", "version", "state") + _COUNTS
_SNAPSHOT = """
SELECT t.version, t.state, t.total, t.succeeded, t.failed, t.skipped, t.cancelled_jobs, timeline(),
       (SELECT count(*) FROM job j WHERE j.operation_id = t.operation_id),
       count(o.seq) FILTER (WHERE outcome = 'succeeded'), count(o.seq) FILTER (WHERE outcome = 'failed'),
       count(o.seq) FILTER (WHERE outcome = 'skipped')
  FROM tally t LEFT JOIN job_outcome o USING (operation_id) WHERE t.operation_id = '%s' GROUP BY t.operation_id"""


class Poller(threading.Thread):
    """with Poller(checker, [operation]): …; at the end it raises what it found."""

    def __init__(self, checker, operations):
        super().__init__(daemon=True)
        self._checker = checker
        self._operations = list(operations)
        self._redis = checker.stores.new_redis()
        self._psql = checker.stores.new_psql()
        self._last = {}
        self._ending = threading.Event()
        self._at_it = threading.Lock()
        self.polls = 0
        self.faults = []

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, value, trace):
        self._ending.set()
        self.join()
        self._redis.close()
        self._psql.close()
        if kind is None:
            assert not self.faults, "at some polls:\n" + "\n".join(self.faults[:10])
            assert self.polls > 0, "nothing could be polled"

    def redis_may_go_back(self):
        """Redis is down and comes back older: what the hash said before does not count any more."""
        with self._at_it:
            self._last.clear()

    def run(self):
        while not self._ending.wait(0.01):
            for operation in self._operations:
                try:
                    with self._at_it:
                        self._poll(operation)
                except ConnectionError:
                    pass  # the scenario has cut or ended a store: the next poll finds it again
                except Exception as trouble:  # pylint: disable=broad-except
                    self.faults.append("the poller failed: %r" % trouble)
                    return

    def _poll(self, operation):
        values = self._redis("HMGET", "%s:op:%s" % (self._checker.prefix, operation), *_FIELDS)
        hash_ = dict(zip(_FIELDS, values)) if values[1] is not None else None
        row = self._psql.rows(_SNAPSHOT % operation)
        if row:
            self._compare(operation, hash_, row[0])
        self.faults += self._checker.window_faults(self._redis, operation)
        self.polls += 1

    def _compare(self, operation, hash_, row):
        version, state, timeline = int(row[0]), row[1], int(row[7])
        total, succeeded, failed, skipped, cancelled = map(int, row[2:7])
        open_, *outcomes = map(int, row[8:])
        if [succeeded, failed, skipped] != outcomes or sum(outcomes) + cancelled + open_ != total:
            self.faults.append("I2: %s: %s" % (operation, row))
        if hash_ is None:
            return
        now = (int(hash_["timeline"]), int(hash_["version"]))
        if now > (timeline, version):
            self.faults.append("I7: the hash of %s is ahead: %s, PostgreSQL %s" % (operation, hash_, row))
        if now == (timeline, version) and [hash_[c] for c in _COUNTS] + [hash_["state"]] != list(row[2:7]) + [state]:
            self.faults.append("I7: same version, other counts: %s, PostgreSQL %s" % (hash_, row))
        if now < self._last.get(operation, now):
            self.faults.append("I7: the hash of %s went back from %s to %s" % (operation, self._last[operation], now))
        self._last[operation] = now
