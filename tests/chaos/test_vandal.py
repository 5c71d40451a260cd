"""Redis is written to by other programs: hashes, counters and lists that say what is not so, keys of another type, entries that mean
nothing. PostgreSQL decides: whatever was written, the work goes on, and ends with each job done once."""
import json
import unittest

from scenario import CHUNK, LONG, WINDOW, Scenario, eventually, waiting

PROCESSES = 2
COUNT = 100000  # more than all the mischief lets pass
HUGE = 2 ** 63 - 1

# What a hash of a running operation cannot mean, field by field.
FIELDS = {
    "gen": ("999999999", HUGE, "-5", "not a number"),
    "timeline": ("77", "x"),
    "version": ("999999999", HUGE, "-1", "x"),
    "state": ("completed", "cancelled", "paused", "…"),
    "out": ("1000000000", "-1000", "nan", "x"),
    "dues": ("1000000000", "-1000", "x"),
    "next_seq": ("999999999", "-1", "nan", "inf", "x"),
    "last_seq": ("1", "999999999", "nan", "inf", "x"),
    "chunk": ("0", "-5", "1000000000", "inf", "x"),
    "window": ("0", "-1", "1000000000", "nan", "x"),
    "total": ("x",),
    "completed": ("-1", "999999999"),
    "rate_done": ("x", "nan"),
    "rate_at": ("x", "nan", "inf"),
    "retrying": ("x", "nan", HUGE),
}
TYPES = (":queue:history", ":active:history:%(worker)s", ":delayed:history", ":suspects:history", ":ops", ":workers",
         ":worker:%(worker)s", ":epoch", ":beats", ":inbox", ":inbox:active:%(worker)s", ":inbox:rejected", ":inbox:count",
         ":inbox:door", ":installation", ":op:%(operation)s")
ENTRIES = (
    "", "x", "{}", "[" * 1000, '"' + "x" * 1000000 + '"', '{"op":"op_1","gen":1,"from":1,"to":2}',
    '{"op":"%(operation)s","gen":%(huge)d,"from":1,"to":2,"w":1}', '{"op":"%(operation)s","gen":%(gen)d,"from":9,"to":2,"w":1}',
    '{"op":"%(operation)s","gen":%(gen)d,"from":1,"to":%(huge)d,"w":1}', '{"op":"%(operation)s","gen":%(gen)d,"from":-7,"to":7}',
    '{"op":"%(operation)s","gen":%(gen)d,"due":true}', '{"op":"%(operation)s","gen":%(gen)d,"from":1,"to":1,"w":1,"first":1}',
)


def type_of(name):
    """What a key is, by its name without the prefix."""
    return ("set" if name == ":ops" else
            "zset" if name == ":workers" or name.startswith(":delayed:") else
            "hash" if name.startswith((":op:", ":inbox:count")) else
            "string" if name.startswith((":epoch", ":beats", ":worker:", ":installation", ":inbox:door")) else "list")


class Vandal(Scenario):
    def setUp(self):
        super().setUp()
        self.start_worker(processes=PROCESSES)
        self.operation = self.ask("chaos-once", count=COUNT, sleep_ms=4)
        self.await_settled(self.operation, 100)
        self.key = "%s:op:%s" % (self.stores.prefix, self.operation)

    def goes_on(self, what):
        """Far more is settled than was under way, what Redis says is so again, and workers are seen to live."""
        before, beats = self.settled(self.operation), self.psql.number("SELECT beats FROM store_state")
        eventually(lambda: self.settled(self.operation) >= before + 1000, "work goes on after: %s" % what)
        try:
            eventually(lambda: not self.wrongs(beats, before), "mended", every_s=0.2)
        except waiting.NeverHappened as never:
            raise AssertionError("Redis is not mended after %s: %s" % (what, self.wrongs(beats, before))) from never

    def wrongs(self, beats, settled):
        redis, prefix = self.redis, self.stores.prefix
        keys = redis("KEYS", prefix + "*")
        wrong = ["%s is a %s" % (key, kind) for key, kind in zip(keys, redis.pipeline([("TYPE", key) for key in keys]))
                 if kind != type_of(key[len(prefix):])]
        if wrong:
            return wrong
        now, hash_ = redis("GET", prefix + ":beats"), self.hash(self.operation)
        generation, version, timeline = map(int, self.psql.rows(
            "SELECT generation, version, timeline() FROM tally WHERE operation_id = '%s'" % self.operation)[0])
        try:
            number = {field: int(hash_[field]) for field in FIELDS if field not in ("state", "rate_at", "rate_done")}
            if not beats < int(now) < 2 ** 53:
                wrong.append("beats %s, before %d" % (now, beats))
        except (KeyError, ValueError, TypeError) as trouble:
            return ["no number: %r" % trouble]
        true = {"state": hash_["state"] == "running", "generation": number["gen"] == generation,
                "timeline": number["timeline"] == timeline, "version": number["version"] <= version,
                "out": 0 <= number["out"] <= WINDOW, "window": 1 <= number["window"] <= WINDOW,
                "next_seq": 1 <= number["next_seq"] <= COUNT + 1, "last_seq": number["last_seq"] == COUNT,
                "chunk": number["chunk"] == CHUNK, "total": number["total"] == COUNT,
                "completed": settled < number["completed"] <= COUNT}
        wrong += ["%s: %s" % (field, hash_) for field, well in true.items() if not well]
        alive = [worker for worker in redis("ZRANGE", prefix + ":workers", 0, -1) if redis("GET", "%s:worker:%s" % (prefix, worker))]
        return wrong if len(alive) == PROCESSES else wrong + ["alive: %s" % alive]

    def ends_well(self):
        eventually(lambda: self.hash(self.operation).get("state") == "running", "the hash says what is so")
        self.redis("HSET", self.key, "cancelled", "true")
        self.await_state(self.operation, "cancelled")
        self.checker.check_at_rest()

    def chosen(self, all_of_them):
        """The quick form takes a sample."""
        return all_of_them if LONG else self.chance.sample(all_of_them, min(len(all_of_them), 4))

    def test_a_hash_that_says_what_is_not_so(self):
        for field, value in self.chosen([(field, value) for field, values in FIELDS.items() for value in values]):
            self.redis("HSET", self.key, field, value)
            self.goes_on("HSET %s %s" % (field, value))
        self.ends_well()

    def test_keys_of_another_type(self):
        for name in self.chosen(TYPES):
            worker = self.redis("ZRANGE", self.stores.prefix + ":workers", 0, 0)[0]
            key = self.stores.prefix + name % {"worker": worker, "operation": self.operation}
            other = "string" if self.redis("TYPE", key) != "string" else "list"
            self.redis("DEL", key)
            self.redis(*(("SET", key, "spoilt") if other == "string" else ("RPUSH", key, "spoilt")))
            if name == ":inbox:rejected":  # which only a refusal touches
                self.redis("RPUSH", self.stores.prefix + ":inbox", '{"definition":"no-such"}')
            self.goes_on("a %s in place of %s" % (other, name))
        self.ends_well()

    def test_counters_beyond_reason(self):
        for value in ("x", str(HUGE), "-1", "1e308"):
            self.redis("SET", self.stores.prefix + ":beats", value)
            self.goes_on("beats %s" % value)
        for score in ("inf", "-inf", "9e300"):
            self.redis("ZADD", self.stores.prefix + ":workers", score, "w_../../%s" % score)
            self.redis("ZADD", self.stores.prefix + ":delayed:history", score, "op_../%s" % score)
            self.redis("ZADD", self.stores.prefix + ":delayed:history", score, self.operation)
            self.goes_on("scores %s" % score)
        self.ends_well()

    def test_entries_that_mean_nothing(self):
        for entry in self.chosen(ENTRIES):
            generation = int(self.redis("HGET", self.key, "gen"))
            text = entry % {"operation": self.operation, "gen": generation, "huge": HUGE} if "%(" in entry else entry
            for end in ("LPUSH", "RPUSH"):
                self.redis(end, self.stores.prefix + ":queue:history", text)
                self.redis(end, self.stores.prefix + ":suspects:history", text)
            self.redis("SADD", self.stores.prefix + ":ops", text)
            self.redis("PUBLISH", self.stores.prefix + ":events", text)
            self.goes_on("entry %.80s" % json.dumps(text))
        self.ends_well()


if __name__ == "__main__":
    unittest.main(verbosity=2)
