"""Stores that answer and refuse: Redis at its memory's limit, as a replica, with a disk that it cannot write to; PostgreSQL
read only. And stores that are away. The worker goes on, nothing is lost, and the doctor says what is wrong.
"""
import re
import threading

from delivering import DeliveryTest
from harness import DONE, PREFIX, UNREACHABLE, eventually, main
from reprise_testing.psql import Psql

COUNT = 3000


class RefusingRedis(DeliveryTest):
    def doctor(self, text, code=DONE):
        """It says this, and ends with that."""
        answer = self.expect(code, "doctor")
        self.assertRegex(answer.out, text)
        return answer.out

    def settled(self, operation):
        return self.stores.psql.number(
            "SELECT succeeded + failed + skipped FROM reprise.tally WHERE operation_id = '%s'" % operation)

    def goes_wrong_and_right(self, wrong, right, word, told):
        """While work is under way Redis begins to refuse (`word` is in what it answers), and later no more."""
        app, repository, source = self.new_world({"f%02d" % i: b"%d\n" % i for i in range(20)})
        before = len(self.worker.text())
        running = self.ask("run", "noop", "count=%d" % COUNT, "sleep_ms=2")["operation_id"]
        eventually(lambda: self.settled(running) > 100, "it is under way")
        self.addCleanup(right)
        wrong()
        eventually(lambda: word in self.worker.text()[before:], "the worker says what Redis answers")
        self.doctor(told)
        asked = self.expect(DONE, "resync", app, repository, "--no-wait")  # accepted all the same, for it is PostgreSQL's
        waiting = asked.out.split()[0]
        self.assertRegex(asked.err, r"Operation %s is accepted; it starts when Redis is back \(.*%s" % (waiting, word))
        pids = self.worker.processes()
        right()
        for operation in (running, waiting):
            self.expect(DONE, "progress", operation, "--watch")
        self.assertEqual([(str(COUNT), str(COUNT), "0")], self.stores.psql.rows(
            "SELECT total, succeeded, failed FROM reprise.tally WHERE operation_id = '%s'" % running))
        self.assert_synced(app, repository, source)
        self.assertEqual(pids, self.worker.processes(), "no process died of it")
        eventually(lambda: "violation" not in self.run_producer("doctor").out, "all is as it must be")

    def test_at_the_limit_of_its_memory(self):
        set_limit = lambda limit: self.stores.redis("CONFIG", "SET", "maxmemory", limit)  # noqa: E731
        self.goes_wrong_and_right(lambda: set_limit("1"), lambda: set_limit("0"), "OOM",
                                  r"Redis.*has reached its maxmemory")

    def test_as_a_replica(self):
        """As after a fail-over that redis.url does not know of; its primary does not answer, so it keeps what it has."""
        def replica_of(*primary):
            self.stores.redis("CONFIG", "SET", "replica-serve-stale-data", "yes")
            self.stores.redis("REPLICAOF", *primary)
        self.goes_wrong_and_right(lambda: replica_of("127.0.0.1", "1"), lambda: replica_of("NO", "ONE"), "READONLY",
                                  r"this Redis is a replica: it refuses writes")

    def test_with_a_disk_that_it_cannot_write_to(self):
        """A directory stands where its snapshot belongs; from the first that fails on it refuses writes (MISCONF)."""
        taken = self.stores.directory / "dump.rdb"

        def wrong():
            (taken / "in the way").mkdir(parents=True)
            self.stores.redis("CONFIG", "SET", "stop-writes-on-bgsave-error", "yes", "save", "1 1")
            eventually(lambda: "rdb_last_bgsave_status:err" in self.stores.redis("INFO", "persistence"), "a snapshot fails")

        def right():
            self.stores.redis("CONFIG", "SET", "stop-writes-on-bgsave-error", "no", "save", "")
            if taken.is_dir():
                (taken / "in the way").rmdir()
                taken.rmdir()
        self.goes_wrong_and_right(wrong, right, "MISCONF", r"Redis could not write its data to disk: it may refuse writes")


class Away(DeliveryTest):
    """Either store, or both, away from the doctor and from a person who waits."""

    def test_the_doctor_with_redis_away(self):
        operation = self.ask("run", "noop", "count=5", "--watch")["operation_id"]
        self.stores.kill_redis()
        try:
            answer = self.expect(DONE, "doctor", "--json")
        finally:
            self.stores.start_again()
        said = {(finding["invariant"], finding["severity"]): finding["text"] for finding in answer.json["findings"]}
        self.assertRegex(said[0, "warning"], "[Rr]edis")
        for number in (5, 6, 7, 9):
            self.assertIn("not checked", said[number, "note"])
        for number in (1, 2, 4):
            self.assertIn("holds for", said[number, "ok"])
        self.assertEqual("completed", self.ask("progress", operation)["state"])

    def test_the_doctor_with_postgresql_away(self):
        self.stores.stop_postgres_at_once()
        try:
            answer = self.expect(UNREACHABLE, "doctor")
            self.assertIn("PostgreSQL", answer.err)
            self.assertEqual("", answer.out)
        finally:
            self.stores.start_again()
        eventually(lambda: self.run_producer("doctor").code == DONE, "it is well again")

    def test_the_doctor_with_postgresql_read_only(self):
        psql = Psql(str(self.stores.directory), "postgres")
        self.addCleanup(psql.close)

        def read_only(word):
            psql.execute("ALTER SYSTEM SET default_transaction_read_only = %s;" % word)
            psql.execute("SELECT pg_reload_conf()")
            eventually(lambda: psql.value("SELECT setting FROM pg_settings WHERE name = 'default_transaction_read_only'")
                       == word, "the setting is in force")
        self.ask("apps")
        read_only("on")
        try:
            self.assertIn("PostgreSQL is read only: nothing can be settled", self.expect(DONE, "doctor").out)
            eventually(lambda: re.search(r"w_\S+ \(.*, process \d+\): waits until this is mended: .*read-only",
                                         self.expect(DONE, "doctor").out), "it tells what the worker waits for")
        finally:
            read_only("off")
        eventually(lambda: "waits until" not in self.expect(DONE, "doctor").out, "and that it goes on")

    def test_a_person_who_waits_outlasts_both_stores(self):
        """`--watch` and a single item's wait: Redis and PostgreSQL go away in the middle, and come back."""
        app, repository, source = self.new_world({"f%02d" % i: b"%d\n" % i for i in range(20)})
        self.receiver.behave({"mode": "hang", "path_contains": "f1", "times": 1})
        answers = {}

        def wait(*words):
            answers[words[0]] = self.run_producer(*words)
        waits = [threading.Thread(target=wait, args=words)
                 for words in (("resync", app, repository), ("run", "noop", "count=6000", "sleep_ms=3", "--watch"))]
        for one in waits:
            one.start()
        eventually(lambda: self.stores.psql.number("SELECT count(*) FROM reprise.tally WHERE state = 'running' AND"
                                                   " succeeded > 0"), "work is under way")
        eventually(lambda: len(self.receiver.requests(app)) > 3, "it delivers")
        self.stores.kill_redis()
        self.stores.stop_postgres_at_once()
        self.stores.start_again()
        self.receiver.behave()
        for one in waits:
            one.join(120)
            self.assertFalse(one.is_alive(), answers)
        self.assertEqual({"resync": DONE, "run": DONE}, {word: answer.code for word, answer in answers.items()}, answers)
        self.assertIn("succeeded", answers["resync"].out)
        self.assertIn("6 000 of 6 000", answers["run"].out.replace(",", " "))
        self.assert_synced(app, repository, source)
        self.assertEqual(0, self.stores.redis("LLEN", PREFIX + ":queue:delivery"))


if __name__ == "__main__":
    main()
