"""SIGKILL at every fault point of the deliveries: after each death the receiver ends up with what HEAD holds.

A dead worker's lease is kept for 30 s, for its last request may still be on its way; so the stories of all points are told at the
same time, each in a corner of the stores: a database, a key prefix, a worker, a repository and a receiver of its own.
"""
import concurrent.futures
import itertools
import json
import unittest

from delivery_scenario import DeliveryScenario
from invariants import Checker
from reprise_testing import programs
from reprise_testing.stores import Corner
from reprise_testing.waiting import eventually
from scenario import WINDOW, operation_id
from sweep import DELIVERIES

AT_ONCE = 8
FAILURES_TO_OPEN = 5  # fetches that fail in a row, until the apps are told


class FaultPointsOfDeliveries(DeliveryScenario):
    corners = itertools.count()

    def test_sigkill_at_every_point(self):
        points = programs.fault_points(DELIVERIES)
        self.assertTrue(points)
        stories = self._stories(points)
        never = [point for point in points if point not in stories]
        self.assertEqual(never, [], "no story reaches these fault points")
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            told = {point: pool.submit(self._tell, stories[point], {"REPRISE_FAULT": point + ":1:kill"})
                    for point in points}
        for point, future in told.items():
            with self.subTest(point=point):
                self.assertIn("was ended by signal 9", future.result().text())

    def _stories(self, points):
        """Each story told undisturbed: which points it reaches."""
        stories = {}
        for story in (self._resync, self._gone):
            log = self.folder / ("reached" + story.__name__)
            self._tell(story, {"REPRISE_FAULT_LOG": log})
            for point in set(log.read_text().split()) & set(points):
                stories.setdefault(point, story)
        return stories

    def _tell(self, story, settings):
        """In a new corner; returns its worker."""
        name = "corner_%d" % next(self.corners)
        worker = None
        corner = Corner(self.stores, name)
        try:
            app = self.new_app(corner, name)
            app.repositories[0].commit({**self.small_files(40), "big.bin": self.chance.randbytes(1600000)})
            app.watch()
            log = self.folder / (name + ".log")
            env = programs.environment(corner, definitions=self.definitions, REPRISE_WORKER_EXECUTORS="delivery=1",
                                       **app.settings, **settings)
            worker = programs.Worker(env, log)
            self.workers.append(worker)
            story(corner, app)
            Checker(corner, WINDOW).check_at_rest()
        finally:
            if worker is not None:
                worker.end_at_once()
            corner.close()
        return worker

    # ---- stories --------------------------------------------------------------------------------------------------------

    def _resync(self, corner, app):
        """All files; then some changes; then all again."""
        self._run(corner, "chaos-resync", app, tag="1")
        repository = app.repositories[0]
        repository.commit({"src/0001.txt": b"another\n", "new.txt": b"new\n"}, removed=["src/0002.txt"])
        self._run(corner, "chaos-look", app)
        self._run(corner, "chaos-resync", app, tag="2")
        self.assert_delivered(app, kills=1)

    def _gone(self, corner, app):
        """The repository is gone; after five fetches that failed the app is told; it comes back, and all is delivered."""
        place = app.repositories[0].directory
        away = place.with_name("away")
        place.rename(away)
        for number in range(FAILURES_TO_OPEN):
            operation = self._ask(corner, "chaos-resync", app, tag="gone %d" % number)
            eventually(lambda: self._ended(corner, operation), "%s has ended" % operation, 120)
        self.assertLessEqual(app.receiver.stats()["by_verb"]["sync_failed"], 1)  # best effort: not again after a death
        away.rename(place)
        self._run(corner, "chaos-resync", app, tag="1")
        self.assert_delivered(app, kills=1)

    def _run(self, corner, definition, app, **args):
        operation = self._ask(corner, definition, app, **args)
        eventually(lambda: self._ended(corner, operation), "%s has ended" % operation, 120)
        self.assertEqual(corner.psql.rows("SELECT key, error FROM job_outcome WHERE operation_id = '%s' AND outcome <>"
                                          " 'succeeded'" % operation), [])

    def _ask(self, corner, definition, app, **args):
        wanted = operation_id(self.chance)
        request = {"definition": definition, "operation_id": wanted, "args": {"app_id": app.app_id, **args}}
        corner.redis("RPUSH", corner.prefix + ":inbox", json.dumps(request))
        return wanted

    def _ended(self, corner, operation):
        return corner.psql.value("SELECT 1 FROM operation WHERE operation_id = '%s' AND finished_at IS NOT NULL" % operation)


if __name__ == "__main__":
    unittest.main(verbosity=2)
