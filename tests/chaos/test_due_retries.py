"""Retries that were loaded as due, and lost by the worker that had them: they run again within the 10 s of I5, not when the definition's
timeout of five minutes is over."""
import signal
import time
import unittest

from scenario import Scenario, eventually

FOUND_OUT_S = 12  # the 10 s of I5, and some for a machine that does other things
TRY_MS = 3000


class DueRetries(Scenario):
    def setUp(self):
        super().setUp()
        self.start_worker(executors=1)

    def _holder(self, operation):
        """Who has the one job of it as a due retry; "" = no worker; None = it is settled."""
        rows = self.psql.rows("SELECT coalesce(worker, '') FROM job WHERE operation_id = '%s'" % operation)
        return rows[0][0] if rows else None

    def _in_hand(self):
        """An operation of one job whose first try has failed, and whose second one runs; and by whom it is held."""
        operation = self.ask("chaos-once", count=1, fail_every=1, sleep_ms=TRY_MS)
        return operation, eventually(lambda: self._holder(operation), "its second try is loaded")

    def _assert_runs_again(self, operation, lost_by):
        eventually(lambda: self._holder(operation) not in ("", lost_by), "the retry runs again", FOUND_OUT_S)
        self.assert_all_done(operation, 1, failed=1, phases=1)

    def _kill_whole_worker(self):
        """Supervisor and processes at the same moment: no process is left that could report the death."""
        worker = self.workers[-1]
        for pid in [worker.pid, *worker.processes()]:
            worker.signal_process(pid, signal.SIGSTOP)
        worker.end_at_once()

    def test_the_whole_worker_dies(self):
        operation, holder = self._in_hand()
        self._kill_whole_worker()
        self.start_worker(executors=1)
        self._assert_runs_again(operation, holder)

    def test_the_whole_worker_dies_and_redis_is_flushed(self):
        operation, holder = self._in_hand()
        self._kill_whole_worker()
        self.redis("FLUSHALL")
        self.start_worker(executors=1)
        self._assert_runs_again(operation, holder)

    def test_the_whole_worker_dies_and_redis_restarts(self):
        operation, holder = self._in_hand()
        self._kill_whole_worker()
        self.stores.kill_redis()
        self.stores.start_again()
        self.start_worker(executors=1)
        self._assert_runs_again(operation, holder)

    def test_the_machine_restarts(self):
        operation, holder = self._in_hand()
        self._kill_whole_worker()
        self.stores.kill_redis()
        self.stores.restart_postgres_at_once()
        self.start_worker(executors=1)
        self._assert_runs_again(operation, holder)

    def test_a_process_dies_while_postgresql_is_away(self):
        operation, holder = self._in_hand()
        worker = self.workers[-1]
        self.stores.stop_postgres_at_once()
        worker.signal_process(worker.processes()[0], signal.SIGKILL)
        time.sleep(2)  # so long it is away
        self.stores.start_again()
        self._assert_runs_again(operation, holder)

    def test_redis_is_flushed_while_the_retry_runs(self):
        """Its holder lives and has it: no other worker gets it, and it is not lost."""
        operation, holder = self._in_hand()
        self.redis("FLUSHALL")
        self._assert_runs_again(operation, None)
        self.assertNotIn("are due again", self.workers[-1].text())

    def _lost_answer(self):
        """As a load leaves it that was committed while its answer was lost: its worker lives and does not know of it."""
        self._in_hand()  # so that the worker has counted a load
        operation = self.ask("chaos-once", count=1, fail_every=1, tag="lost")
        self.change("pause", operation)
        self.await_state(operation, "paused")
        holder = eventually(lambda: self.psql.value("SELECT worker FROM job WHERE worker IS NOT NULL LIMIT 1"), "a load is in hand")
        self.psql.execute("UPDATE job SET run_at = now() + interval '5 minutes', worker = '%s', load = 1"
                          " WHERE operation_id = '%s'" % (holder, operation))
        # The load that has this number in fact is over before: then no worker has it in hand.
        eventually(lambda: not self.psql.number("SELECT count(*) FROM job WHERE load = 1 AND operation_id <> '%s'" % operation),
                   "the real load 1 is over")
        return operation

    def test_the_answer_to_a_load_is_lost(self):
        operation = self._lost_answer()
        self.change("resume", operation)
        self.await_state(operation, "running")
        eventually(lambda: self.state(operation) == "completed", "it runs, and ends", FOUND_OUT_S)

    def test_a_drain_hands_a_lost_load_to_the_next_worker(self):
        operation = self._lost_answer()
        self.psql.execute("UPDATE tally SET state = 'running', generation = generation + 1, version = version + 1"
                          " WHERE operation_id = '%s'" % operation)
        self.workers[-1].drain()
        self.start_worker(executors=1)
        eventually(lambda: self.state(operation) == "completed", "it runs, and ends", FOUND_OUT_S)

    def test_an_entry_that_comes_too_late_is_moved(self):
        operation = self.ask("chaos-once", count=1, fail_every=1, tag="late")
        self.change("pause", operation)
        self.await_state(operation, "paused")
        self.psql.execute("UPDATE job SET run_at = now() WHERE operation_id = '%s'" % operation)
        self.redis("ZADD", "{reprise}:delayed:history", "99999999999999", operation)
        self.change("resume", operation)
        eventually(lambda: self.state(operation) == "completed", "it runs, and ends", FOUND_OUT_S)


if __name__ == "__main__":
    unittest.main()
