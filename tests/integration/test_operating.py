"""What an operator counts on, with the real programs: a retry that outlives a whole worker, outcomes that are forgotten in
time while their counts stay, and words for a person who waits while no worker is there.
"""
import re
import signal
import subprocess

from delivering import DeliveryTest
from harness import DONE, INTERRUPTED, eventually, main, programs


class WholeWorkerDies(DeliveryTest):
    settings = {"REPRISE_DELIVER_PARALLEL": "1"}

    def kill_all_of_it(self):
        """Supervisor and processes at the same moment: no process is left that could report the death."""
        pids = [self.worker.pid, *self.worker.processes()]
        for pid in pids:
            self.worker.signal_process(pid, signal.SIGSTOP)
        self.worker.end_at_once()

    def test_a_retry_in_its_hands_comes_back_with_its_reaping(self):
        """A due retry was loaded, and set aside for as long as its worker might need; who reaps that worker makes it due."""
        app, repository, source = self.new_world({"f%d" % i: b"%d\n" % i for i in range(5)})
        self.receiver.behave({"mode": "fail", "status": 503, "times": 1, "path_contains": "f3"},
                             {"mode": "hang", "path_contains": "f3"})
        operation = self.ask("resync", app, repository, "--no-wait")["operation_id"]
        of_job = " FROM reprise.job WHERE operation_id = '%s'" % operation
        eventually(lambda: self.stores.psql.value("SELECT failures" + of_job) == "1"
                   and sum(line["path"] == "f3" for line in self.receiver.requests(app)) >= 2, "its second try is under way")
        self.kill_all_of_it()
        set_aside = self.stores.psql.value("SELECT run_at" + of_job)
        self.assertEqual("t", self.stores.psql.value("SELECT run_at > now() + interval '20 seconds'" + of_job))
        # No process is left that holds the link: the test need not wait for the 50 s that its lease has.
        self.stores.psql.execute("UPDATE reprise.exclusive SET touched_at = now() - interval '1 minute'")
        self.receiver.behave()
        other = self.start_worker()
        self.expect(DONE, "progress", operation, "--watch")
        self.assertIn("of dead worker", other.text())
        self.assertEqual("t", self.stores.psql.value(
            "SELECT finished_at < timestamptz '%s' FROM reprise.job_outcome WHERE operation_id = '%s'" % (set_aside, operation)))
        self.assert_synced(app, repository, source)
        self.assertEqual(["succeeded"], [outcome["outcome"] for outcome in self.outcomes(operation)])


class Retention(DeliveryTest):
    def counts(self, operation):
        made = self.ask("progress", operation)
        return made["state"], made["total"], made["succeeded"], made["failed"]

    def kept(self, operation):
        return self.stores.psql.number("SELECT count(*) FROM reprise.job_outcome WHERE operation_id = '%s'" % operation)

    def test_old_outcomes_go_and_counts_stay(self):
        """`retention.outcomes`: what ended longer ago is swept, as a whole; what is younger, or runs, is not."""
        ids = {}
        for name in ("old", "young"):
            answer = self.run_producer("run", "noop", "count=3000", "fail_every=100", "--json", "--watch")
            ids[name] = answer.json["operation_id"]
        before = {name: self.counts(one) for name, one in ids.items()}
        self.assertEqual({("completed", 3000, 2970, 30)}, set(before.values()))
        for name, age in (("old", "61 minutes"), ("young", "59 minutes")):
            self.stores.psql.execute("UPDATE reprise.operation SET finished_at = now() - interval '%s',"
                                     " created_at = now() - interval '2 hours' WHERE operation_id = '%s'" % (age, ids[name]))
        self.worker.end_at_once()
        self.start_worker(REPRISE_RETENTION_OUTCOMES="1h")
        eventually(lambda: self.kept(ids["old"]) == 0, "the old outcomes are gone")
        eventually(lambda: self.stores.psql.value("SELECT pruned_at IS NOT NULL FROM reprise.operation WHERE operation_id ="
                                                  " '%s'" % ids["old"]) == "t", "the operation says so")
        self.assertEqual(3000, self.kept(ids["young"]))
        self.assertEqual(before, {name: self.counts(one) for name, one in ids.items()})
        answer = self.run_producer("outcomes", ids["old"])
        self.assertEqual(DONE, answer.code)
        self.assertIn("retention.outcomes", answer.out + answer.err)
        self.assertNotIn("violation", self.run_producer("doctor", "--deep").out)


class NobodyWorks(DeliveryTest):
    """No worker is alive: a person who waits is told so, and what to do."""

    def setUp(self):
        super().setUp()
        self.worker.drain()
        eventually(lambda: not [key for key in self.stores.redis("KEYS", "*:worker:*")], "no worker beats any more")

    def begin(self, *words):
        """A command that waits, in the background."""
        waiter = subprocess.Popen(self.command(*words), env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True, cwd=self.place)
        self.addCleanup(waiter.communicate)
        self.addCleanup(waiter.kill)
        return waiter

    def newest(self):
        return self.ask("operations", "--limit", "1")["operations"][0]["operation_id"]

    def assert_told(self, text, operation):
        for word in (operation, "no worker is alive", "start one", "Ctrl-C", "producer progress %s --watch" % operation,
                     "producer cancel %s" % operation):
            self.assertIn(word, text)

    def test_each_command_that_waits_says_so_and_ctrl_c_leaves_the_operation(self):
        app, repository, source = self.new_world({"a": b"a\n"})
        asked = []
        for words in (("sync-history", "--watch"), ("resync", app, repository), ("run", "noop", "count=3", "--watch"),
                      ("resync", app, repository, "--json")):
            before = self.stores.psql.number("SELECT count(*) FROM reprise.operation")
            waiter = self.begin(*words)
            repeats = words[0] == "resync" and asked.count("resync")
            asked.append(words[0])
            told = ""
            while "Ctrl-C" not in told:  # it ends with the program, at the latest
                line = waiter.stderr.readline()
                self.assertNotEqual("", line, told)
                told += line
            self.assertEqual(before + (not repeats), self.stores.psql.number("SELECT count(*) FROM reprise.operation"))
            operation = re.search(r"op_\w+", told).group()
            self.assert_told(told, operation)
            waiter.send_signal(signal.SIGINT)
            _, rest = waiter.communicate(timeout=30)
            self.assertEqual(INTERRUPTED, waiter.returncode)
            self.assertIn("producer cancel " + operation, rest)
            self.assertEqual("running", self.ask("progress", operation)["state"])
        self.start_worker()
        self.expect(DONE, "progress", operation, "--watch")
        self.assert_synced(app, repository, source)

    def test_progress_watch_says_so_too(self):
        operation = self.ask("run", "noop", "count=3")["operation_id"]
        waiter = self.begin("progress", operation, "--watch")
        told = ""
        while "Ctrl-C" not in told:
            line = waiter.stderr.readline()
            self.assertNotEqual("", line, told)
            told += line
        self.assert_told(told, operation)
        self.start_worker()
        out, _ = waiter.communicate(timeout=60)
        self.assertEqual(DONE, waiter.returncode)
        self.assertIn("completed", out)


if __name__ == "__main__":
    main()
