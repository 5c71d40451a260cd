"""Requests that wait for their operation to end: many at a time, and no other request waits for them."""
import pathlib
import tempfile
import threading
import time

from api import Dashboard, DashboardTest, main
from harness import eventually

MANY = 20  # more than there are executors of any lane
SOON_S = 15  # an answer that waited would take a minute


class Waiting(DashboardTest):
    def setUp(self):
        """Operations begin for a worker that is said to live, and that does nothing."""
        self.stores.psql.execute("TRUNCATE reprise.workflow_history, reprise.job, reprise.tally, reprise.operation CASCADE;")
        self.stores.psql.execute("INSERT INTO reprise.workflow_history (adw_id, status)"
                                 " SELECT 'run_' || i, 'completed' FROM generate_series(1, %d) i;" % MANY)
        self.stores.redis("ZADD", "{reprise}:workers", int(self.stores.redis("TIME")[0]) * 1000 + 600000, "w_said")
        self.addCleanup(self.stores.redis, "ZREM", "{reprise}:workers", "w_said")

    def wait_for_all(self):
        """Asks for each run's cost, and lets them wait; the answers by number, as they come, and the threads."""
        answers = {}

        def ask(number):
            answers[number] = self.call("POST", "/api/workflow-history/resync?adw_id=run_%d" % number)

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(1, MANY + 1)]
        for thread in threads:
            thread.start()
        eventually(lambda: self.running() == MANY, "every request has its operation")
        return answers, threads

    def running(self):
        return self.stores.psql.number("SELECT count(*) FROM reprise.tally WHERE state = 'running'")

    def cancel_all(self):
        for operation in self.get("/admin/api/operations?state=running&limit=100")["operations"]:
            self.call("POST", "/admin/api/operations/%s/cancel" % operation["operation_id"])

    def test_no_request_waits_for_those_that_wait(self):
        answers, threads = self.wait_for_all()
        begun = time.monotonic()
        for path in ("/admin/api/overview", "/api/workflow-history", "/metrics"):
            self.assertEqual(200, self.call("GET", path).status)
        order = {"definition": "noop", "args": {"count": 1}}
        self.assertEqual(200, self.call("POST", "/admin/api/operations/preview", order).status)
        self.assertEqual(202, self.call("POST", "/api/workflow-history/resync?wait=0").status)
        self.assertEqual({}, answers, "all of them wait still")
        self.cancel_all()
        for thread in threads:
            thread.join(SOON_S)
        self.assertEqual([200] * MANY, [answers[number].status for number in sorted(answers)])
        self.assertEqual(MANY, len({answer.json["operation_id"] for answer in answers.values()}))
        self.assertLess(time.monotonic() - begun, 2 * SOON_S)

    def test_at_the_programs_end_they_are_told_that_it_goes_on(self):
        usual = self.dashboard
        with tempfile.TemporaryDirectory() as place:
            self.dashboard = Dashboard(self.env, pathlib.Path(place))
            try:
                answers, threads = self.wait_for_all()
                self.assertEqual(0, self.dashboard.stop())
                for thread in threads:
                    thread.join(SOON_S)
            finally:
                self.dashboard = usual
        self.assertEqual([202] * MANY, [answers[number].status for number in sorted(answers)])
        self.assertEqual(MANY, self.running())
        self.cancel_all()


del DashboardTest

if __name__ == "__main__":
    main()
