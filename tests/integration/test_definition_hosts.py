"""Workers whose hosts have other files, or another release: nothing is archived by a directory that is not the right one, the newer
release wins, and the doctor tells of those that disagree. (Two directories on this host stand for two hosts.)
"""
import signal

from harness import CONFLICT, DONE, FAILED, ProducerTest, eventually, main  # noqa: F401
from reprise_testing import programs
from test_definitions import NOOP, DefinitionsTest

DISAGREE = r"warning +definitions: workers have different files: \d+ files of release \S+ at w_"


class Hosts(DefinitionsTest):
    def worker_of(self, directory, name):
        """A worker with a directory of its own, once it beats."""
        worker = programs.Worker({**self.env, "REPRISE_DEFINITIONS_DIR": str(directory)}, self.place / (name + ".log"))
        self.addCleanup(worker.end_at_once)
        eventually(lambda: any('"pid":%d' % pid in str(self.stores.redis("GET", key)) for pid in worker.processes()
                               for key in self.stores.redis("KEYS", self.stores.prefix + ":worker:*")), "it beats")
        return worker

    def folder_of(self, name, **files):
        folder = self.place / name
        folder.mkdir()
        for stem, text in files.items():
            (folder / (stem + ".yaml")).write_text(text)
        return folder

    def test_a_worker_with_an_empty_directory_archives_nothing_and_is_told(self):
        first = self.worker_of(self.folder, "first")
        before = self.states()
        self.assertNotRegex(self.expect(DONE, "doctor").out, DISAGREE)
        second = self.worker_of(self.folder_of("empty"), "second")
        self.assertIn("has none of the definitions that are known", second.text())
        self.assertEqual(before, self.states())
        self.assertEqual({"ready"}, set(before.values()))
        self.assertRegex(self.expect(DONE, "doctor").out, DISAGREE)
        second.signal_process(second.pid, signal.SIGHUP)
        eventually(lambda: second.text().count("has none of the definitions") == 2, "it reads them again")
        self.assertEqual(before, self.states())
        refused = self.expect(FAILED, "resync-definitions", env={"REPRISE_DEFINITIONS_DIR": str(self.place / "empty")})
        self.assertIn("has none of the definitions that are known", refused.out)
        self.assertEqual(0, second.drain())
        self.assertNotRegex(self.expect(DONE, "doctor").out, DISAGREE, "those that live agree")
        self.assertEqual(0, first.drain())

    def test_a_worker_of_an_older_release_takes_nothing_back(self):
        self.write("brought.yaml", NOOP % ("brought", "By the newer release", 3))
        self.resync()
        self.stores.psql.execute("UPDATE reprise.store_state SET definitions_release = '99.10', definitions_host = 'newer'")
        (self.folder / "brought.yaml").unlink()
        older = self.worker_of(self.folder, "older")
        self.assertRegex(older.text(), r"are of release 99\.10 \(read on newer\), and this is \S+: the newer release wins")
        older.signal_process(older.pid, signal.SIGHUP)
        eventually(lambda: older.text().count("the newer release wins") == 2, "it is refused again")
        self.assertRegex(self.refused(CONFLICT, "resync-definitions"), r"To go back.*producer resync-definitions --force")
        self.assertEqual("ready", self.states()["brought"])
        self.assertEqual(3, self.ask("run", "brought", "--watch")["succeeded"])
        answer = self.ask("resync-definitions", "--force")
        self.assertEqual(["brought"], [one["id"] for one in answer["workflows"]["archived"]])
        self.assertRegex(answer["release"], r"^\d+\.\d+")
        self.assertEqual("missing", self.states()["brought"])
        self.resync()


if __name__ == "__main__":
    main()
