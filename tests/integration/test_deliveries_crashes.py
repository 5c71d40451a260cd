"""A process that is killed at each of the named fault points of a delivery: afterwards the client, what is recorded of
it, and HEAD are the same. The supervisor starts the process again, unharmed; what it held is done by that one.
"""
import random

from delivering import DeliveryTest
from harness import DONE, FAILED, eventually, main, programs

OF_A_FAILED_FETCH = {"deliver.fetch_failed", "deliver.alarm"}


class Crashes(DeliveryTest):
    settings = {"REPRISE_DELIVER_PARALLEL": "2"}

    def setUp(self):
        super().setUp()
        chance = random.Random(7)
        files = {"d%d/f%02d" % (i % 3, i): b"%d\n" % i for i in range(20)}
        self.app, self.repository, self.source = self.new_world({**files, "big.bin": b"\0" + chance.randbytes(1500000)})

    def die_at(self, fault, verb):
        """Asks for work of the link, and for the death of who does it: the operation, once that has happened."""
        self.worker.end_at_once()
        worker = self.start_worker(REPRISE_FAULT=fault)
        operation = self.ask(verb, self.app, self.repository, "--no-wait")["operation_id"]
        eventually(lambda: "was ended by signal 9" in worker.text(), "a process dies at " + fault)
        # No process is left that holds the link: the test need not wait for the 50 s that its lease has.
        self.stores.psql.execute("UPDATE reprise.exclusive SET touched_at = now() - interval '1 minute'")
        return operation

    def mark_failed(self):
        self.stores.psql.execute("UPDATE reprise.app_repositories SET result = 'failed' WHERE app_id = '%s'" % self.app)

    def change_something(self, number, removed=()):
        self.source.commit({"d0/f00": b"changed %d\n" % number, "d0/f03": b"changed %d\n" % number, "new/%d" % number: b"n\n",
                            "changed.bin": (b"\0%d" % number) * 700000}, removed)

    def test_a_death_at_each_point_of_a_delivery(self):
        points = [point for point in programs.fault_points(["deliver."]) if point not in OF_A_FAILED_FETCH]
        self.assertIn("deliver.sent", points)
        for number, point in enumerate(points):
            with self.subTest(point=point):
                # A re-sync does not know of files that are gone, so nothing is removed before one.
                is_resync = number % 2 == 0 or point == "deliver.cleared"
                self.change_something(number, () if is_resync else [path for path in self.source.files if "new/" in path])
                self.mark_failed()
                operation = self.die_at(point + ":1:kill", "resync" if is_resync else "retry")
                self.expect(DONE, "progress", operation, "--watch")
                self.assertEqual(["succeeded"], [outcome["outcome"] for outcome in self.outcomes(operation)])
                self.assert_synced(self.app, self.repository, self.source)

    def test_a_death_while_a_fetch_is_noted_as_failed(self):
        """The fifth failure in a row opens the circuit, and the app is told; a death then leaves no link stuck."""
        away = self.place / "away"
        for point in sorted(OF_A_FAILED_FETCH):
            with self.subTest(point=point):
                self.source.directory.rename(away)
                self.stores.psql.execute("UPDATE reprise.repositories SET consecutive_failures = 4, circuit_open_until = NULL"
                                         " WHERE repository_id = '%s'" % self.repository)
                operation = self.die_at(point + ":1:kill", "resync")
                self.expect(FAILED, "progress", operation, "--watch")
                self.assertEqual("failed", self.link_row(self.app, self.repository)["status"])
                away.rename(self.source.directory)
                self.deliver("retry", self.app, self.repository)
                self.assert_synced(self.app, self.repository, self.source)

    def test_a_branch_that_goes_back_after_a_death_leaves_no_stale_file_at_the_client(self):
        """What died between the sending and the recording is known by what was announced."""
        self.deliver("resync", self.app, self.repository)
        first = dict(self.source.files)
        self.source.commit({"d0/f00": b"other\n", "plus": b"plus\n"}, removed=["d1/f01"])
        self.mark_failed()
        operation = self.die_at("deliver.sent:3:kill", "retry")
        self.source.commit({"d0/f00": first["d0/f00"], "d1/f01": first["d1/f01"]}, removed=["plus"])
        self.assertNotEqual(self.source.head(), self.receiver.files(self.app, self.repository))
        self.expect(DONE, "progress", operation, "--watch")
        self.assert_synced(self.app, self.repository, self.source)


if __name__ == "__main__":
    main()
