"""Deliveries while workers are killed, apps fail, and operations over the same links are cancelled."""
import signal
import time
import unittest

from delivery_scenario import DeliveryScenario
from poller import Poller
from scenario import LONG, eventually


class Deliveries(DeliveryScenario):
    def test_two_operations_over_the_same_links(self):
        """The receiver refuses some requests; one operation is cancelled; the other still does all its work."""
        app = self.new_app(self.stores, "two", repositories=4)
        for repository in app.repositories:
            repository.commit(self.small_files(200))
        app.watch()
        app.receiver.behave({"mode": "fail", "status": 503, "every": 149}, {"mode": "close", "every": 211},
                            {"mode": "429", "retry_after": 0, "every": 307})
        self.start_worker(REPRISE_WORKER_EXECUTORS="delivery=4", **app.settings)
        first = self.ask("chaos-resync", app_id=app.app_id, tag="first")
        eventually(lambda: app.receiver.stats()["requests"] > 50, "the first is at work")
        second = self.ask("chaos-resync", app_id=app.app_id, tag="second")
        with Poller(self.checker, [first, second]):
            eventually(lambda: app.receiver.stats()["requests"] > 200, "much has been sent")
            self.change("cancel", first)
            self.await_state(first, "cancelled")
            self.await_state(second, "completed", 40)  # no lease of the first is left to grow old (50 s)
        self.assertEqual(self.psql.rows("SELECT outcome, count(*) FROM job_outcome WHERE operation_id = '%s' GROUP BY 1"
                                        % second), [("succeeded", "4")])
        self.checker.check_at_rest()
        self.assert_delivered(app)

    def test_random_sigkill(self):
        """Processes die at any moment of a delivery, the branch moves meanwhile, and the receiver fails at times."""
        kills = 20 if LONG else 1
        app = self.new_app(self.stores, "kills", repositories=3)
        for repository in app.repositories:
            repository.commit({**self.small_files(400), "big.bin": self.chance.randbytes(1600000)})
        app.watch()
        app.receiver.behave({"mode": "fail", "status": 500, "every": 499})
        worker = self.start_worker(processes=2, REPRISE_WORKER_EXECUTORS="delivery=2", **app.settings)
        operation = self.ask("chaos-resync", app_id=app.app_id)
        for _ in range(kills):
            sent = app.receiver.stats()["requests"]
            eventually(lambda: app.receiver.stats()["requests"] > sent + self.chance.randint(1, 300) or
                       self.state(operation) == "completed", "it delivers")
            for pid in worker.processes():
                worker.signal_process(pid, signal.SIGKILL)
            for repository in app.repositories:
                gone = self.chance.sample([path for path in repository.files if path.endswith(".txt")], 20)
                repository.commit(self.small_files(10, "new-%d" % sent), gone)
            if self.state(operation) == "completed":  # a re-sync would forget which of the deleted files the app holds
                operation = self.ask("chaos-look", app_id=app.app_id, tag=str(time.monotonic()))
        self.await_state(operation, "completed", 120)
        self.assert_all_succeeded()
        looked = self.ask("chaos-look", app_id=app.app_id)  # for what was committed last
        self.await_state(looked, "completed", 120)
        self.checker.check_at_rest()
        self.assert_delivered(app, kills=kills)

    def test_flushall_steals_no_live_attempt(self):
        """The rebuild dispatches a link's job again while it is at work: the copy finds the lease held, and the one at work goes
        on undisturbed."""
        app = self.new_app(self.stores, "flush")
        app.repositories[0].commit(self.small_files(2500))
        app.watch()
        self.start_worker(REPRISE_WORKER_EXECUTORS="delivery=4", **app.settings)
        operation = self.ask("chaos-resync", app_id=app.app_id)
        eventually(lambda: app.receiver.stats()["requests"] > 50, "it delivers")
        app.receiver.freeze()
        for _ in range(2):
            generation = self.psql.value("SELECT generation FROM tally")
            self.redis("FLUSHALL")
            eventually(lambda: self.psql.value("SELECT generation FROM tally") != generation, "Redis is rebuilt")
            eventually(lambda: self.psql.value("SELECT 1 FROM job WHERE run_at > now()"), "the copy was put off")
            self.psql.execute("UPDATE job SET run_at = NULL")
        app.receiver.thaw()
        self.await_state(operation, "completed", 120)
        self.assertEqual(self.psql.rows("SELECT outcome, attempt FROM job_outcome"), [("succeeded", "1")])
        self.checker.check_at_rest()
        self.assert_delivered(app)

    def assert_all_succeeded(self):
        self.assertEqual(self.psql.rows("SELECT key, error FROM job_outcome WHERE outcome <> 'succeeded'"), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
