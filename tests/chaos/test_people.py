"""What people do while the engine is at work: pause, resume, cancel, ask twice, ask for two things at once."""
import re
import sys
import threading
import unittest

from poller import Poller
from scenario import LONG, Scenario, eventually
from reprise_testing.stores import ROOT

sys.path.insert(0, str(ROOT / "cmake"))

import embed_sql  # noqa: E402


def statement(name, *values):
    """A statement of the programs, with its parameters filled in."""
    text = embed_sql.statement(ROOT / "sql", "queue/" + name)
    return re.sub(r"\$(\d+)", lambda match: "'%s'" % values[int(match.group(1)) - 1], text)


class People(Scenario):
    def cancel(self, psql, operation):
        """As the programs do it: the flip, then the wait for what is in hand. Returns the counts of its answer, and what stood
        in the outcomes at that moment."""
        psql.execute(statement("cancel_flip", operation))
        psql.rows(statement("cancel_drain", operation))
        row = psql.rows("SELECT state, succeeded + failed + skipped, (SELECT count(*) FROM job_outcome o WHERE"
                        " o.operation_id = t.operation_id), (SELECT max(finished_at) FROM job_outcome o WHERE"
                        " o.operation_id = t.operation_id), total FROM tally t WHERE operation_id = '%s'" % operation)[0]
        self.assertEqual(row[0], "cancelled")
        self.assertEqual(row[1], row[2])
        return row[1:]

    def assert_cancelled(self, operation, answer):
        """What the answer said stays true; all the rest was counted as cancelled."""
        self.checker.check_at_rest()
        done, outcomes, newest, total = self.psql.rows(
            "SELECT succeeded + failed + skipped, (SELECT count(*) FROM job_outcome o WHERE o.operation_id = t.operation_id),"
            " (SELECT max(finished_at) FROM job_outcome o WHERE o.operation_id = t.operation_id), total FROM tally t"
            " WHERE operation_id = '%s' AND state = 'cancelled' AND succeeded + failed + skipped + cancelled_jobs = total"
            % operation)[0]
        self.assertEqual((done, outcomes, newest, total), answer)
        self.assertEqual(self.psql.number("SELECT count(*) FROM job WHERE operation_id = '%s'" % operation), 0)

    def test_cancel_under_load(self):
        """Nothing of it commits after cancel has returned, whatever was in hand, whichever process dies meanwhile."""
        for _ in range(2):
            self.start_worker(processes=2, executors=4)
        psql = self.stores.new_psql()
        self.addCleanup(psql.close)
        for _ in range(40 if LONG else 6):
            operation = self.ask(count=20000, fail_every=37)
            with Poller(self.checker, [operation]):
                self.await_settled(operation, self.chance.randint(0, 8000))
                answer = self.cancel(psql, operation)
                for _ in range(20):
                    self.assertEqual(psql.value("SELECT count(*) FROM job_outcome WHERE operation_id = '%s'" % operation),
                                     answer[1])
                self.assert_cancelled(operation, answer)

    def test_cancel_while_it_is_planned(self):
        self.start_worker()
        operation = self.ask("chaos-once", count=1000000)
        eventually(lambda: self.psql.number("SELECT total FROM tally") > 20000, "some of it is planned")
        answer = self.cancel(self.psql, operation)
        self.assertLess(int(answer[3]), 1000000)
        self.assert_cancelled(operation, answer)

    def test_cancel_by_the_flag(self):
        """HSET … cancelled true, as any client may; it is carried into PostgreSQL within 2 s and a moment."""
        self.start_worker()
        operation = self.ask("chaos-once", count=20000, sleep_ms=2)
        self.await_settled(operation, 100)
        self.redis("HSET", "{reprise}:op:" + operation, "cancelled", "true")
        eventually(lambda: self.state(operation) == "cancelled", "the flag is heard", 4)
        self.checker.check_at_rest()
        self.assertEqual(self.hash(operation)["cancelled"], "true")

    def test_pause_and_resume_fifty_times(self):
        """Each time all dispatch is made again; windows stay windows, and no job runs twice to a settle."""
        self.start_worker(processes=2)
        count = 20000
        operation = self.ask("chaos-once", count=count, sleep_ms=1)
        with Poller(self.checker, [operation]):
            for number in range(50):
                self.await_settled(operation, number * (count // 100))
                self.change("pause", operation)
                self.await_state(operation, "paused")
                self.change("resume", operation)
                self.await_state(operation, "running")
            self.assertEqual(self.psql.number("SELECT generation FROM tally"), 51)
            self.assert_all_done(operation, count, phases=1)

    def test_paused_means_paused(self):
        """What is in hand when it is paused settles; then nothing moves until it is resumed."""
        self.start_worker()
        operation = self.ask("chaos-once", count=4000, sleep_ms=1)
        self.await_settled(operation, 200)
        self.change("pause", operation)
        self.await_state(operation, "paused")
        eventually(lambda: not any(self.checker.lists(self.redis).values()), "nothing is in hand any more")
        settled = self.settled(operation)
        beats = int(self.redis("GET", "{reprise}:beats"))
        eventually(lambda: int(self.redis("GET", "{reprise}:beats")) > beats + 3, "the worker lives on")
        self.assertEqual(self.settled(operation), settled)
        self.change("resume", operation)
        self.assert_all_done(operation, 4000, phases=1)

    def test_two_at_once_one_cancelled(self):
        """Equal work asked for by two operations: cancelling one takes nothing from the other."""
        self.start_worker(processes=2)
        count = 4000
        first = self.ask(count=count, sleep_ms=1, tag="first")
        second = self.ask(count=count, sleep_ms=1, tag="second")
        with Poller(self.checker, [first, second]):
            self.await_settled(first, 200)
            self.await_settled(second, 200)
            answer = self.cancel(self.psql, first)
            self.await_state(second, "completed")
            self.assert_cancelled(first, answer)
            self.assert_all_done(second, count)

    def test_the_same_request_twice(self):
        """Before any of it has begun it is the same request, once it has begun it is new work."""
        helper = self.start_worker(REPRISE_WORKER_EXECUTORS="delivery=1")  # takes requests, runs no such jobs
        for _ in range(3):
            self.push("chaos-once", None, count=3000, sleep_ms=1)
        eventually(lambda: self.redis("LLEN", "{reprise}:inbox") == 0, "the requests were taken")
        eventually(lambda: helper.text().count("it waits already") == 2, "two were recognised")
        self.assertEqual(self.psql.number("SELECT count(*) FROM operation"), 1)
        first = self.psql.value("SELECT operation_id FROM operation")
        self.start_worker()
        self.await_settled(first, 1)
        self.push("chaos-once", None, count=3000, sleep_ms=1)
        eventually(lambda: self.psql.number("SELECT count(*) FROM operation") == 2, "the fourth is new work")
        second = self.psql.value("SELECT operation_id FROM operation WHERE operation_id <> '%s'" % first)
        for operation in (first, second):
            self.assert_all_done(operation, 3000, phases=1)

    def test_many_ask_for_the_same_at_the_same_moment(self):
        """Each of many equal requests, pushed by many clients to many workers, belongs to an operation, and all is done once in
        each of these."""
        for _ in range(3):
            self.start_worker()
        eventually(lambda: self.redis("ZCARD", "{reprise}:workers") == 3, "all beat")
        clients = [threading.Thread(target=self._push_some, args=(10,)) for _ in range(4)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        self.checker.check_at_rest()
        operations = self.psql.rows("SELECT operation_id FROM operation")
        joined = self.psql.number("SELECT count(*) FROM operation_alias")
        self.assertEqual(len(operations) + joined, 40)
        for (operation,) in operations:
            self.assert_all_done(operation, 500, phases=1)

    def _push_some(self, n):
        redis = self.stores.new_redis()
        for _ in range(n):
            redis("RPUSH", "{reprise}:inbox", '{"definition":"chaos-once","args":{"count":500}}')
        redis.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
