"""Stores that are wiped, killed, rolled back and restarted under the feet of two workers."""
import time
import unittest

from poller import Poller
from scenario import LONG, Scenario, eventually

COUNT = 40000 if LONG else 4000  # enough to outlast all that is done to the stores
BEATS_LOST = 8  # of two processes: four seconds, more than they need to look again


class StoresFail(Scenario):
    def setUp(self):
        super().setUp()
        self.start_worker(processes=2)

    def _begin(self, sleep_ms=2):
        operation = self.ask(count=COUNT, sleep_ms=sleep_ms, fail_every=1000)
        self.await_settled(operation, 100)
        return operation

    def _assert_all_done(self, operation):
        self.assert_all_done(operation, COUNT, failed=2 * (COUNT // 1000), timeout_s=600)

    def _go_on(self, operation):
        """Some more is settled: the system has come back."""
        self.await_settled(operation, self.settled(operation) + 100)

    def test_flushall(self):
        """FLUSHALL in mid-run, also right behind another: nothing lost, nothing doubled, no count goes back."""
        operation = self._begin()
        with Poller(self.checker, [operation]):
            for _ in range(10 if LONG else 2):
                self.redis("FLUSHALL")
                time.sleep(self.chance.uniform(0, 1.5))  # the second wipe may hit the rebuild after the first
                self.redis("FLUSHALL")
                self._go_on(operation)
            self._assert_all_done(operation)

    def test_a_flushed_inbox_can_be_asked_again(self):
        """A client that chose its operation_id and repeats gets one operation, however often Redis forgot the request."""
        wanted = self.ask("chaos-once", count=100)
        self.redis("FLUSHALL")
        self.push("chaos-once", wanted, count=100)
        self.assert_all_done(wanted, 100, phases=1)
        self.assertEqual(self.psql.number("SELECT count(*) FROM operation"), 1)
        self.assertEqual(self.redis("LLEN", "{reprise}:inbox:rejected"), 0)

    def test_redis_sigkill_loses_the_last_second(self):
        """Redis dies and comes back with what its disk had: in turn all that it had said, and the state of a moment before."""
        operation = self._begin()
        with Poller(self.checker, [operation]) as poller:
            for number in range(20 if LONG else 3):
                copy, rebuilds = self.stores.save_redis(), self._rebuilds()
                time.sleep(self.chance.uniform(0.1, 1.0))  # what is lost
                self.stores.kill_redis()
                poller.redis_may_go_back()
                if number % 3 != 2:
                    self.stores.restore_redis(copy)
                self.stores.start_again()
                eventually(lambda: self._rebuilds() > rebuilds, "the restart is noticed", 10)
                self._go_on(operation)
            self._assert_all_done(operation)

    def _rebuilds(self):
        return sum(worker.text().count("rebuilt from PostgreSQL") for worker in self.workers)

    def test_redis_rolled_back(self):
        """Redis comes back in a state that is many beats old: its counter gives it away, and it is rebuilt."""
        operation = self._begin()
        with Poller(self.checker, [operation]) as poller:
            for _ in range(5 if LONG else 1):
                copy = self.stores.save_redis()
                old = int(self.redis("GET", "{reprise}:beats"))
                eventually(lambda: self._known_beats() > old + BEATS_LOST, "%d beats later" % BEATS_LOST)
                self.stores.kill_redis()
                poller.redis_may_go_back()
                self.stores.restore_redis(copy)
                self.stores.start_again()
                eventually(lambda: "rolled back" in self.workers[0].text(), "the roll-back is noticed", 10)
                self._go_on(operation)
            self._assert_all_done(operation)

    def _known_beats(self):
        return self.psql.number("SELECT beats FROM store_state")

    def test_postgres_restarts_at_once(self):
        """An immediate shutdown, as by a crash: every transaction in hand is of unknown result and repeated."""
        operation = self._begin()
        with Poller(self.checker, [operation]):
            for _ in range(10 if LONG else 2):
                self.stores.restart_postgres_at_once()
                self._go_on(operation)
            self._assert_all_done(operation)

    def test_backends_are_terminated_in_a_loop(self):
        operation = self._begin()
        psql = self.stores.new_psql()
        self.addCleanup(psql.close)
        ended = 0
        with Poller(self.checker, [operation]):
            for _ in range(100 if LONG else 10):
                ended += self.stores.end_backends(psql)
                time.sleep(self.chance.uniform(0.05, 0.3))  # at any moment of their work
            self._assert_all_done(operation)
        self.assertGreater(ended, 10)

    def test_both_at_once(self):
        """Redis is wiped and PostgreSQL restarted at the same moment."""
        operation = self._begin()
        with Poller(self.checker, [operation]):
            self.redis("FLUSHALL")
            self.stores.restart_postgres_at_once()
            self._assert_all_done(operation)


if __name__ == "__main__":
    unittest.main(verbosity=2)
