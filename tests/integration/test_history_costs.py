"""The cases of a cost that must hold, whatever befalls who writes it: plainly, with a worker that is killed in the middle,
with two workers that race on the same runs, and with a sync that overtakes a stalled re-sync.
"""
import json
import subprocess

from harness import DONE, FAILED, NOT_FOUND, USAGE, eventually, main, programs
from history_runs import HistoryTest

WRITES = ("settle.begin", "settle.between", "settle.committed", "history.recost_read", "history.recost_decided",
          "history.recost_write", "history.enrich_read", "history.enrich_decided", "history.enrich_write")


class Cases:
    """Each case ends with the cost that the rule has. `self.do` runs a command of the producer to the operation's end, with
    whatever misfortune the class adds."""

    def do(self, *words):
        raise NotImplementedError

    def tearDown(self):
        self.assert_audited()
        super().tearDown()

    def test_a_running_run_rises_step_by_step_and_never_falls(self):
        for files, stored in ((None, "none"), (1.0, "1"), (1.5, "1.5"), (1.2, "1.5"), (2.0, "2")):
            self.write_run("run1", files, status="running")
            self.do("sync-history")
            self.assertEqual(stored, self.cost("run1"))
            if files is not None:
                self.do("resync-costs", "--status", "running", "--yes")
            self.assertEqual(stored, self.cost("run1"))

    def test_a_completed_run_stays_on_a_resync(self):
        self.write_run("run2", 2.37)
        self.do("sync-history")
        self.do("resync-cost", "run2")
        self.assertEqual("2.37", self.cost("run2"))

    def test_more_is_stored_than_the_files_say(self):
        self.write_run("run3", 2.37, status="running")
        self.do("sync-history")
        self.set_cost("run3", "5.00")
        self.do("resync-cost", "run3")
        self.assertEqual("5", self.cost("run3"))
        self.write_run("run3", 2.37, status="completed")
        self.do("sync-history")
        self.assertEqual(("completed", "2.37"), self.row("run3"))

    def test_forced_it_is_what_the_files_say(self):
        self.write_run("run4", 2.37)
        self.do("sync-history")
        self.set_cost("run4", "0.09")
        self.do("resync-cost", "run4", "--force")
        self.assertEqual("2.37", self.cost("run4"))

    def test_all_of_them(self):
        for number in range(40):
            self.write_run("all%02d" % number, 1 + number / 100)
        self.do("sync-history")
        as_it_was = self.history()
        self.sql("UPDATE reprise.workflow_history SET actual_cost_total = 7, total_tokens = 1")
        self.by_hand = self.costs() - self.audited()
        self.do("resync-costs", "--batch-size", "7", "--yes")
        self.assertEqual(as_it_was, self.history())


class Plainly(Cases, HistoryTest):
    def setUp(self):
        super().setUp()
        self.start_worker()

    def do(self, *words):
        self.expect(DONE, *words, "--watch")


class Killed(Cases, HistoryTest):
    """A process dies at each point that writes, one point after the other; its supervisor starts it again."""

    def setUp(self):
        super().setUp()
        self.points = 0

    def do(self, *words):
        # Not every point is passed by every command: those that are not do no harm.
        point = WRITES[self.points % len(WRITES)]
        self.points += 1
        self.end_workers()
        self.start_worker(REPRISE_FAULT=point + ":1:kill")
        self.expect(DONE, *words, "--watch")

    def test_each_point_is_died_at(self):
        died = set()
        self.assertLessEqual(set(programs.fault_points(["history.recost_", "history.enrich_"])), set(WRITES))
        for point in WRITES:
            self.write_run("run", 2.37 + len(died))
            self.end_workers()
            worker = self.start_worker(REPRISE_FAULT=point + ":1:kill")
            self.expect(DONE, "sync-history", "--watch")
            self.expect(DONE, "resync-costs", "--yes", "--force", "--watch")
            if "was ended by signal 9" in worker.text():
                died.add(point)
            self.assertEqual("%g" % (2.37 + len(died) - (point in died)), self.cost("run"))
        self.assertEqual(set(WRITES), died)


class Racing(Cases, HistoryTest):
    """Two workers, and the same request three times at once, as operations of their own."""

    def setUp(self):
        super().setUp()
        self.start_worker()
        self.start_worker()

    def do(self, *words):
        commands = [subprocess.Popen(self.command(*words, "--watch"), env=self.env, cwd=self.place,
                                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for _ in range(3)]
        for command in commands:
            said, _ = command.communicate(timeout=120)
            self.assertEqual(DONE, command.returncode, said)


class Overtaken(HistoryTest):
    """A re-sync has read the files and stalls; meanwhile they change, and a sync writes what they say now."""

    STALL_MS = 2500

    def stall(self, *words):
        """Asks for a re-sync, which stalls after it has read the files. Returns its operation."""
        log = self.place / "reached"
        self.start_worker(REPRISE_FAULT="history.recost_decided:1:ms=%d" % self.STALL_MS, REPRISE_FAULT_LOG=str(log))
        operation = self.ask(*words, "--no-wait")["operation_id"] if "resync-cost" in words else \
            self.ask(*words, "--yes")["operation_id"]
        eventually(lambda: log.exists() and "history.recost_decided" in log.read_text(), "the re-sync stalls")
        return operation

    def prepare(self, **state):
        self.start_worker()
        self.write_run("run", 1.0, **state)
        self.sync()
        self.end_workers()

    def assert_read_again(self, operation, result):
        self.expect(DONE, "progress", operation, "--watch")
        outcome = self.ask("outcomes", operation)["outcomes"][0]
        self.assertEqual("succeeded", outcome["outcome"])
        self.assertEqual(result, outcome["result"]["updated"])
        self.assert_audited()

    def test_what_it_had_read_is_not_written(self):
        self.prepare()
        self.set_cost("run", "0.50")
        operation = self.stall("resync-cost", "run")
        self.write_run("run", 3.0)
        self.assertEqual(1, self.sync()["updated"])
        self.assertEqual("3", self.cost("run"))
        self.assert_read_again(operation, False)
        self.assertEqual("3", self.cost("run"))

    def test_a_run_that_ends_meanwhile_keeps_its_final_cost(self):
        self.prepare(status="running")
        self.set_cost("run", "0.50")
        operation = self.stall("resync-costs", "--status", "running")
        self.write_run("run", 0.7, status="completed")
        self.sync()
        self.assert_read_again(operation, False)
        self.assertEqual(("completed", "0.7"), self.row("run"))

    def test_forced_it_writes_what_the_files_say_now(self):
        self.prepare()
        operation = self.stall("resync-cost", "run", "--force")
        self.write_run("run", 2.0)
        self.sync()
        self.assert_read_again(operation, True)
        self.assertEqual("2", self.cost("run"))

    def test_others_of_its_chunk_are_not_held_up(self):
        for number in range(5):
            self.write_run("other%d" % number, 1.0 + number)
        self.prepare()
        self.sql("UPDATE reprise.workflow_history SET actual_cost_total = 9")
        self.by_hand = self.costs() - self.audited()
        operation = self.stall("resync-costs")
        self.write_run("run", 4.0)
        self.sync()
        self.expect(DONE, "progress", operation, "--watch")
        self.assertEqual(["1", "2", "3", "4", "5", "4"], [self.cost(r) for r in
                         ("other0", "other1", "other2", "other3", "other4", "run")])
        self.assert_audited()


class Answers(HistoryTest):
    def setUp(self):
        super().setUp()
        self.start_worker()

    def test_one_workflow(self):
        self.write_run("run", 2.37)
        self.write_run("none", None)
        self.sync()
        self.assertEqual({"success": True, "workflow_id": "run", "updated": False, "old_cost": None, "new_cost": None,
                          "message": "Cost data already up to date"}, self.of_one(DONE, "run"))
        self.set_cost("run", "0.09")
        self.assertEqual({"success": True, "workflow_id": "run", "updated": True, "old_cost": 0.09, "new_cost": 2.37,
                          "message": "Cost data resynced successfully"}, self.of_one(DONE, "run"))
        for more in ((), ("--force",)):
            answer = self.of_one(FAILED, "none", *more)
            self.assertEqual((False, False, "No cost data available"),
                             (answer["success"], answer["updated"], answer["message"]))
        self.assertIn("No cost data available", self.workers[0].text())
        answer = self.of_one(NOT_FOUND, "nosuch")
        self.assertEqual({"success": False, "workflow_id": "nosuch", "updated": False,
                          "message": "Workflow not found in database"}, answer)
        self.assertIn("Workflow not found in database", self.expect(NOT_FOUND, "resync-cost", "nosuch").err)

    def of_one(self, code, *words):
        answer = self.expect(code, "resync-cost", *words, "--json").json
        answer.pop("operation_id", None)
        return answer

    def test_tokens_that_the_files_do_not_tell_stay_unknown(self):
        self.write_run("run", 2.37)
        line = {"type": "result", "subtype": "success", "total_cost_usd": 2.37}
        (self.agents / "run" / "builder" / "raw_output.jsonl").write_text(json.dumps(line) + "\n")
        self.sync()
        columns = ("actual_cost_total, input_tokens, output_tokens, cached_tokens, cache_hit_tokens, cache_miss_tokens,"
                   " total_tokens, cache_efficiency_percent, cost_per_token, cost_breakdown, token_breakdown")
        stored = self.row("run", columns)
        self.assertEqual(("",) * 6, stored[1:7])
        self.set_cost("run", "9.99")
        self.of_one(DONE, "run")
        self.assertEqual(stored, self.row("run", columns))
        self.of_one(DONE, "run", "--force")
        self.assertEqual(stored, self.row("run", columns))

    def test_tokens_that_are_mended_are_compared_again(self):
        self.write_run("run", 2.37)
        self.sync()
        mean = "SELECT mean_tokens FROM reprise.operation_patterns"
        right = self.sql(mean)
        self.sql("UPDATE reprise.workflow_history SET total_tokens = 1, content_xid = pg_current_xact_id()")
        self.sync()
        self.assertNotEqual(right, self.sql(mean))
        self.assertTrue(self.of_one(DONE, "run")["updated"])
        self.sync()
        self.assertEqual(right, self.sql(mean))

    def test_forced_without_data_nothing_is_lost(self):
        self.write_run("run", 2.37)
        self.sync()
        before = self.history()
        self.write_run("run", None)
        self.of_one(FAILED, "run", "--force")
        self.assertEqual(before, self.history())

    def test_the_doctor_sees_a_cost_that_was_not_logged(self):
        self.write_run("run", 1.0)
        self.sync()
        self.assertNotIn("was last written", self.expect(DONE, "doctor").out)
        self.set_cost("run", "0.09")
        self.assertIn("run: has the cost 0.09, but what was last written is 1", " ".join(self.expect(DONE, "doctor").out.split()))
        self.expect(DONE, "resync-cost", "run")
        self.assertNotIn("was last written", self.expect(DONE, "doctor").out)

    def test_many(self):
        for number in range(30):
            self.write_run("run%02d" % number, 1.0, status="failed" if number % 3 else "completed")
        self.write_run("running", 1.0, status="running")
        self.sync()
        self.sql("UPDATE reprise.workflow_history SET actual_cost_total = 3 WHERE adw_id IN ('run03', 'run04')")
        self.sql("UPDATE reprise.workflow_history SET actual_cost_total = 0.5 WHERE adw_id = 'run05'")
        would = self.ask("resync-costs", "--dry-run")
        self.assertEqual((30, 30, 0, 3, -3.5), tuple(would[name] for name in
                         ("total_processed", "successful", "failed", "changed", "change")))
        self.assertEqual(["run03", "run04", "run05"], [one["workflow_id"] for one in would["largest"]])
        self.assertEqual("3", self.cost("run03"))
        self.assertEqual(31, self.stores.psql.number("SELECT count(*) FROM reprise.cost_audit_log"))
        did = self.ask("resync-costs", "--batch-size", "7", "--yes", "--watch")
        self.assertEqual((30, 30, 0, 3), tuple(did[name] for name in
                         ("total_processed", "successful", "failed", "changed")))
        self.assertEqual(30, len(did["workflows"]))
        self.assertEqual("1", self.cost("run03"))
        said = self.workers[0].text()
        self.assertIn("resync progress: 30 processed, 30 successful, 0 failed", said)
        self.assertEqual(1 + 5, said.count("resync progress: "))  # the dry run's one chunk, and five of seven
        self.assertIn("final cost run03: $3.00 → $1.00 (completed)", said)
        self.assertEqual(10, self.ask("resync-costs", "--status", "completed", "--yes", "--watch")["total_processed"])

    def test_the_filter_is_that_of_the_list(self):
        self.write_run("jan", 1.0, start_time="2026-01-31T23:30:00Z")
        self.write_run("feb", 1.0, start_time="2026-02-01T00:00:00Z")
        self.write_run("now", 1.0)
        self.sync()
        self.stores.psql.execute(
            "UPDATE reprise.workflow_history SET model_used = CASE adw_id WHEN 'now' THEN 'sonnet_%' ELSE 'opus' END,"
            " workflow_template = 't_' || CASE adw_id WHEN 'now' THEN 'no' ELSE 'xno' END,"
            " nl_input = 'a prompt of ' || adw_id || CASE adw_id WHEN 'jan' THEN ' 100%_\\' ELSE ' 100xx' END;")

        def chosen(*words):
            answer = self.ask("resync-costs", *words, "--yes", "--watch")
            return sorted(one["workflow_id"] for one in answer["workflows"])
        self.assertEqual(["jan"], chosen("--to", "2026-01-31"))
        self.assertEqual(["feb", "jan"], chosen("--from", "2026-01-31", "--to", "2026-02-01"))
        self.assertEqual(["feb"], chosen("--from", "2026-01-31T23:30:01", "--to", "2026-02-01T00:00:00Z"))
        self.assertEqual(["jan"], chosen("--from", "2026-02-01T00:30+01:00", "--to", "2026-02-01T00:30:00+01:00"))
        for words in (("--from", "2026-02-30"), ("--to", "yesterday"), ("--from", "2026-02-02", "--to", "2026-02-01"),
                      ("--from", "2026-01-01T25:00"), ("--from", "")):
            self.refused(USAGE, "resync-costs", *words, "--yes")
        for words in ((), ("--model", "sonnet_%"), ("--template", "t_no"), ("--search", "100%_\\"),
                      ("--search", "prompt", "--to", "2026-01-31"), ("--model", "opus", "--search", "PROMPT of feb")):
            listed = sorted(one["adw_id"] for one in self.ask("history", *words)["workflows"])
            self.assertEqual(listed, chosen("--status", "pending,running,completed,failed", *words), words)
        self.assertEqual(["now"], chosen("--model", "sonnet_%"))
        self.assertEqual(["jan"], chosen("--search", "100%_\\"))
        self.refused(USAGE, "resync-costs", "--status", "done", "--yes")
        self.refused(USAGE, "resync-costs", "--batch-size", "0", "--yes")
        self.assertEqual(0, self.stores.psql.number("SELECT count(*) FROM reprise.job"))


if __name__ == "__main__":
    main()
