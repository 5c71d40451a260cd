"""SIGKILL at every named fault point of the engine; those of deliveries have test_fault_points_deliveries.py, those of
the history tests/integration/test_history_*.py."""
import unittest

from reprise_testing.programs import fault_points
from scenario import LONG, Scenario, eventually, operation_id
from sweep import DELIVERIES, HISTORY, Sweep

COUNT = 260
SINGLES = 30


class FaultPoints(Scenario):
    def test_sigkill_at_every_point(self):
        points = [point for point in fault_points() if not point.startswith(DELIVERIES + HISTORY)]
        sweep = Sweep(self._tell, [self._work, self._retry, self._cancel, self._rebuild, self._singles], self.folder)
        self.checker.hurried = True
        self._tell(self._work, {})  # from here on Redis is empty only where a history makes it so
        for point, histories in sweep.stories(points).items():
            with self.subTest(point=point):
                self.assertTrue(sweep.kill_at(histories[0], point, 1), "it was reached before, and not now")
                for history in histories if LONG else histories[:0]:
                    for passage in (2, 3, 7):
                        sweep.kill_at(history, point, passage)
        self.checker.hurried = False
        self._tell(self._work, {})

    def _tell(self, history, settings):
        """In the same stores as those before: what a dead worker leaves there is a part of the next history."""
        first = len(self.workers)
        history(settings)
        told = self.workers[first:]
        for worker in told:
            worker.end_at_once()
        return told

    # ---- histories ------------------------------------------------------------------------------------------------------

    def _work(self, settings):
        """Request, plan, chunks, the second phase, the end."""
        self.start_worker(**settings)
        self.assert_all_done(self.ask(count=COUNT), COUNT)

    def _singles(self, settings):
        """Single requests that wait together: accepted by one transaction, and settled by one."""
        wanted = [operation_id(self.chance) for _ in range(SINGLES)]
        for operation in wanted:
            self.push("chaos", operation, count=1)
        self.start_worker(**settings)
        for operation in wanted:
            self.await_state(operation, "completed")
        self.assert_all_done(wanted[-1], 1)

    def _retry(self, settings):
        """Some jobs fail, are tried again when they are due, and fail for good."""
        self.start_worker(**settings)
        self.assert_all_done(self.ask("chaos-once", count=COUNT, fail_every=100), COUNT, failed=COUNT // 100, phases=1)

    def _cancel(self, settings):
        """Cancelled by the flag in Redis while it runs."""
        self.start_worker(**settings)
        operation = self.ask(count=COUNT, sleep_ms=20)
        self.await_settled(operation, 1)
        self.redis("HSET", "{reprise}:op:" + operation, "cancelled", "true")
        self.await_state(operation, "cancelled")
        self.checker.check_at_rest()

    def _rebuild(self, settings):
        """Redis is found empty in mid-run."""
        self.start_worker()
        operation = self.ask(count=COUNT, sleep_ms=2)
        self.await_settled(operation, 1)
        self.workers[-1].end_at_once()
        self.redis("FLUSHALL")
        self.start_worker(**settings)
        self.assert_all_done(operation, COUNT)


if __name__ == "__main__":
    unittest.main(verbosity=2)
