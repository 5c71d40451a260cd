"""A sync: what it counts, what it writes, and what it leaves alone."""
import json
import os
import pathlib
import random
import shutil

from harness import DONE, FAILED, eventually, main, programs
from history_runs import HistoryTest

ELSEWHERE = ("history.recost_", "history.webhook_")  # test_history_costs.py, test_history_webhook.py
DERIVED = ("workflow_history", "workflow_search", "cost_audit_log", "operation_patterns", "pattern_occurrences", "cost_webhook")


class Sync(HistoryTest):
    def setUp(self):
        super().setUp()
        self.worker = self.start_worker()

    def versions(self):
        """Of every row of every table of the history: where it stands and which transaction wrote it."""
        return [self.sql("SELECT '%s', ctid::text, xmin::text, xmax::text FROM reprise.%s ORDER BY 2" % (table, table))
                for table in DERIVED]

    def test_what_has_not_changed_is_not_written(self):
        for number in range(300):
            self.write_run("run%03d" % number, 1.0, nl_input="Run the tests of the backend, part %d" % number,
                           workflow_template="adw_sdlc")
        self.assertEqual((300, 300, 300, 0, 0, 0), self.counts(self.sync()))
        before = self.versions()
        answer = self.sync()
        self.assertEqual((300, 0, 0, 0, 300, 0), self.counts(answer))
        self.assertEqual({"scan": 1, "enrich": 300, "score": 0, "similarity": 0, "patterns": 0},
                         {phase["id"]: phase["succeeded"] for phase in answer["phases"]})
        self.assertGreater(answer["duration_seconds"], 0)
        self.assertEqual(before, self.versions())

    def test_only_what_has_changed_is_written(self):
        for number in range(20):
            self.write_run("run%02d" % number, 1.0)
        self.sync()
        self.write_run("run07", 2.0)
        self.assertEqual((20, 1, 0, 1, 19, 0), self.counts(self.sync()))
        self.assertEqual("2", self.cost("run07"))
        self.assertEqual([("sync_final", "1.000000000", "2.000000000", "completed", "completed")],
                         self.sql("SELECT reason, old_cost, new_cost, old_status, new_status FROM reprise.cost_audit_log"
                                  " WHERE adw_id = 'run07' AND old_cost IS NOT NULL"))
        self.assertIn("final cost run07: $1.00 → $2.00 (completed)", self.worker.text())
        self.assert_audited()

    def test_a_dry_run_says_what_a_sync_would_do_and_writes_nothing(self):
        for number in range(12):
            self.write_run("run%02d" % number, 1.0, workflow_template="adw_sdlc")
        self.sync()
        self.write_run("run03", 2.0, nl_input="Build the frontend")
        self.write_run("new1", 3.0, nl_input="Ship it")
        self.write_run("broken", 1.0)
        (self.agents / "broken" / "adw_state.json").write_text("{oops")
        (self.agents / "empty").mkdir()
        shutil.rmtree(self.agents / "run05")
        before = self.versions(), self.passes()
        answer = self.expect(FAILED, "sync-history", "--dry-run", "--json", "--silent").json
        self.assertEqual((before), (self.versions(), self.passes()))
        self.assertEqual({"scanned": 14, "inserted": 1, "updated": 1, "unchanged": 10, "failed": 1, "skipped": 1, "missing": 1},
                         {name: answer[name] for name in ("scanned", "inserted", "updated", "unchanged", "failed", "skipped",
                                                          "missing")})
        self.assertEqual((["new1"], [{"adw_id": "run03", "old_cost": 1, "new_cost": 2}], ["run05"]),
                         (answer["first_inserted"], answer["first_updated"], answer["first_missing"]))
        self.assertIn("line 1", answer["first_failed"][0]["error"])
        self.assertEqual([("scan", 1, False), ("enrich", 14, False), ("score", 2, True), ("similarity", 2, True),
                          ("patterns", 2, False)],
                         [(one["id"], one["jobs"], one["or_more"]) for one in answer["phases"]])
        self.assertNotIn("final cost run03: $1.00 → $2.00", self.worker.text())
        text = self.expect(FAILED, "sync-history", "--dry-run", "--silent").out
        for part in ("inserted         1\n    new1", "run03: $1 → $2", "missing          1\n    run05", "or more",
                     "Nothing was written: --dry-run."):
            self.assertIn(part, text)
        self.assertEqual((14, 2, 1, 1, 10, 1), self.counts(self.sync(FAILED)))

    def test_a_dry_run_of_an_empty_history_and_of_nothing_new(self):
        for number in range(12):
            self.write_run("run%02d" % number, 1.0)
        answer = self.ask("sync-history", "--dry-run", "--silent")
        self.assertEqual((12, 12, 0), (answer["scanned"], answer["inserted"], answer["missing"]))
        self.assertEqual(5, len(answer["first_inserted"]))
        self.assertEqual(0, self.stores.psql.number("SELECT count(*) FROM reprise.workflow_history"))
        self.sync()
        answer = self.ask("sync-history", "--dry-run", "--silent")
        self.assertEqual((0, 0, 12), (answer["inserted"], answer["updated"], answer["unchanged"]))
        self.assertEqual([0, 0, 0], [phase["jobs"] for phase in answer["phases"][2:]])

    def passes(self):
        return self.sql("SELECT operation_id, kind, through, xmin::text FROM reprise.history_pass ORDER BY 1, 2")

    def test_a_run_that_ends_gets_its_final_cost_in_that_sync(self):
        self.write_run("run", 3.0, status="running")
        self.sync()
        self.assertEqual(("running", "3"), self.row("run"))
        self.write_run("run", 2.5, status="completed")
        self.sync()
        self.assertEqual(("completed", "2.5"), self.row("run"))
        self.assertEqual(["sync_progressive", "sync_final"],
                         [reason for reason, in self.sql("SELECT reason FROM reprise.cost_audit_log ORDER BY id")])

    def test_a_directory_that_vanished_keeps_its_row(self):
        self.write_run("gone", 1.0)
        self.write_run("stays", 1.0)
        self.sync()
        shutil.rmtree(self.agents / "gone")
        self.assertEqual((1, 0, 0, 0, 1, 0), self.counts(self.sync()))
        self.assertEqual(("completed", "1"), self.row("gone"))

    def test_a_directory_without_anything_of_a_run_is_passed_over(self):
        self.write_run("run", 1.0)
        (self.agents / "nothing").mkdir()
        (self.agents / "no id").mkdir()
        (self.agents / "link").symlink_to(self.agents / "run")
        (self.agents / "file").write_text("")
        answer = self.sync()
        self.assertEqual((2, 1, 1, 0, 0, 0), self.counts(answer))
        said = {one["key"]: (one["outcome"], one["error"]) for one in self.ask("outcomes", answer["operation_id"])["outcomes"]}
        self.assertEqual(("skipped", "nothing: no state file, no summary and no agent output"), said["nothing"])
        self.assertIn("holds 3 entries that are no runs", self.worker.text())

    def test_broken_files_fail_alone(self):
        for number in range(5):
            self.write_run("run%d" % number, 1.0)
        (self.agents / "run1" / "adw_state.json").write_text('{"adw_id": "run1",\n  "status": oops}')
        os.remove(self.agents / "run2" / "adw_state.json")
        (self.agents / "run2" / "adw_state.json").mkdir()
        answer = self.sync(FAILED)
        self.assertEqual((5, 3, 3, 0, 0, 2), self.counts(answer))
        outcomes = self.ask("outcomes", answer["operation_id"], "--failed")["outcomes"]
        said = {outcome["key"]: outcome["error"] for outcome in outcomes}
        self.assertEqual({"run1", "run2"}, set(said))
        for run, error in said.items():
            self.assertIn("%s: adw_state.json" % run, error)
        self.assertIn("line 2", said["run1"])

    def test_missing_cost_data_is_warned_of(self):
        self.write_run("run", 1.0)
        self.sync()
        self.write_run("run", None)
        self.sync()
        self.assertEqual("1", self.cost("run"))
        self.expect(FAILED, "resync-cost", "run")
        self.assertIn("run: No cost data available", self.worker.text())

    def test_endless_texts_are_cut_and_memory_stays_bounded(self):
        chance = random.Random(7)
        for number in range(40):
            words = " ".join("%x" % chance.getrandbits(20) for _ in range(20000))
            self.write_run("run%02d" % number, 1.0, nl_input=(words + " ") * 60, workflow_template="é" * 50_000,
                           error_message=words)
        self.assertEqual((40, 40, 40, 0, 0, 0), self.counts(self.sync()))
        self.assertEqual([("65536", "1024", "40")],
                         self.sql("SELECT max(octet_length(nl_input)), max(octet_length(workflow_template)), count(*)"
                                  " FROM reprise.workflow_history"))
        self.assertIn("run00: nl_input: only the first 65536 of ", self.worker.text())
        self.assert_bounded()

    def test_endless_names_keep_memory_bounded_too(self):
        models = {"m%d" % number + "x" * 60_000: {"inputTokens": 1, "outputTokens": 1, "costUSD": 0.1} for number in range(30)}
        line = json.dumps({"type": "result", "subtype": "success", "total_cost_usd": 3, "modelUsage": models})
        for number in range(40):
            self.write_run("run%02d" % number, 1.0)
            (self.agents / ("run%02d" % number) / "builder" / "raw_output.jsonl").write_text(line + "\n")
        self.assertEqual((40, 40, 40, 0, 0, 0), self.counts(self.sync()))
        answer = self.ask("resync-costs", "--force", "--yes", "--watch")
        self.assertEqual((40, 40), (answer["total_processed"], answer["updated"]))
        self.assert_bounded()

    def assert_bounded(self):
        if b"__asan_init" in pathlib.Path(programs.program("worker")).read_bytes():
            return  # what a sanitizer keeps says nothing of ours
        for pid in self.worker.processes():
            self.assertLess(peak_bytes(pid), 256 << 20)

    def test_no_directory_is_said_to_be_none(self):
        shutil.rmtree(self.agents)
        answer = self.sync(FAILED)
        self.assertEqual((None, 0, 0, 0, 0, 1), self.counts(answer), "how many runs there are is not known")
        error = self.ask("outcomes", answer["operation_id"], "--failed")["outcomes"][0]["error"]
        self.assertIn("history.agents_dir", error)

    def test_a_directory_from_a_request_does_not_lead_out(self):
        (self.place / "secret").mkdir()
        (self.agents / "link").symlink_to(self.place / "secret")
        for path in ("../secret", "/etc", "link", "a/../../secret"):
            answer = self.expect(FAILED, "sync-history", "--directory", path, "--json", "--silent").json
            error = self.ask("outcomes", answer["operation_id"], "--failed")["outcomes"][0]["error"]
            self.assertIn("history.agents_dir", error, path)
        self.assertEqual(0, self.stores.psql.number("SELECT count(*) FROM reprise.workflow_history"))

    def test_runs_below_a_directory(self):
        (self.agents / "team").mkdir()
        self.write_run("team/run", 1.0)
        self.assertEqual(1, self.ask("sync-history", "--directory", "team", "--silent")["inserted"])
        self.set_cost("run", "0.5")
        self.expect(DONE, "resync-cost", "run", "--directory", "team")
        self.assertEqual("1", self.cost("run"))

    def test_runs_that_are_alike_know_each_other(self):
        for number in range(8):
            self.write_run("run%d" % number, 1.0, nl_input="Run the tests of the backend", workflow_template="adw_sdlc")
        self.write_run("other", 1.0, nl_input="Ship it")
        self.sync()
        ids = dict(self.sql("SELECT adw_id, id FROM reprise.workflow_history"))
        listed = json.loads(self.row("run7", "similar_workflows")[0])
        self.assertEqual(sorted(int(id) for run, id in ids.items() if run not in ("run7", "other"))[:5],
                         [one["id"] for one in listed])
        self.assertEqual(["run0", "run1", "run2", "run3", "run4"],
                         [one["id"] for one in self.ask("workflow", "run7")["similar_runs"]])
        self.assertEqual([("test:generic:backend", "8")],
                         self.sql("SELECT signature, occurrence_count FROM reprise.operation_patterns"))
        self.assertEqual(8, self.stores.psql.number("SELECT count(*) FROM reprise.pattern_occurrences"))
        self.write_run("run3", 1.0, nl_input="Write documentation")
        self.sync()
        self.assertEqual([("test:generic:backend", "7")],
                         self.sql("SELECT signature, occurrence_count FROM reprise.operation_patterns WHERE signature LIKE 'test%'"))
        self.assertEqual(0, self.stores.psql.number(
            "SELECT count(*) FROM reprise.pattern_occurrences o JOIN reprise.operation_patterns p ON p.id = o.pattern_id"
            " WHERE workflow_id = %s AND signature LIKE 'test%%'" % ids["run3"]))
        self.assertNotIn(int(ids["run3"]), [one["id"] for one in json.loads(self.row("run7", "similar_workflows")[0])])

    def test_a_cost_far_above_the_others_is_an_anomaly(self):
        for number in range(5):
            self.write_run("run%d" % number, 1.0, workflow_template="adw_sdlc")
        self.write_run("dear", 9.0, workflow_template="adw_sdlc")
        self.sync()
        flags = {flag["type"]: flag for flag in json.loads(self.row("dear", "anomaly_flags")[0])}
        self.assertEqual("high", flags["cost"]["severity"])
        self.assertNotIn("cost", [flag["type"] for flag in json.loads(self.row("run0", "anomaly_flags")[0])])
        self.write_run("dear", 1.0, workflow_template="adw_sdlc")
        self.sync()
        self.assertNotIn("cost", [flag["type"] for flag in json.loads(self.row("dear", "anomaly_flags")[0])])

    def test_what_a_scan_has_found_is_forgotten(self):
        self.write_run("run", 1.0)
        self.sync()
        self.sync()
        self.assertEqual(1, self.stores.psql.number("SELECT count(*) FROM reprise.scanned_run"))


def peak_bytes(pid):
    for line in pathlib.Path("/proc/%d/status" % pid).read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmHWM")


class Together(HistoryTest):
    """Two syncs at once. The one that began first has compared what the other one then changes, and writes last."""

    def compared(self):
        return (self.sql("SELECT adw_id, similar_workflows, anomaly_flags FROM reprise.workflow_history ORDER BY 1"),
                self.sql("SELECT signature, occurrence_count, mean_cost FROM reprise.operation_patterns"
                         " WHERE occurrence_count > 0 ORDER BY 1"))

    def overtake(self, point):
        """The first stalls between what it has found out and the transaction that writes it."""
        for number in range(6):
            self.write_run("run%d" % number, 1.0, workflow_template="adw_sdlc")
        plain = self.start_worker()
        self.sync()
        plain.end_at_once()
        log = self.place / (("reached-" + point))
        self.start_worker(REPRISE_FAULT=point + ":1:ms=3000", REPRISE_FAULT_LOG=str(log))
        self.write_run("run1", 1.5, workflow_template="adw_sdlc", nl_input="Run the tests of the frontend")
        stalled = self.ask("sync-history", "--no-wait")["operation_id"]
        eventually(lambda: log.exists() and point in log.read_text(), "the sync stalls")
        self.start_worker()
        self.write_run("run2", 9.0, workflow_template="adw_sdlc", nl_input="Ship it")
        self.sync()
        self.expect(DONE, "progress", stalled, "--watch")

    def test_what_the_first_writes_over_the_second_is_mended_by_the_next(self):
        for point in ("history.score_decided", "history.similar_decided", "history.patterns_decided"):
            with self.subTest(point=point):
                self.overtake(point)
                self.sync()
                compared = self.compared()
                self.sql("UPDATE reprise.workflow_history SET content_xid = pg_current_xact_id(), similar_workflows = NULL")
                self.sync()
                self.assertEqual(self.compared(), compared)
            self.end_workers()
            shutil.rmtree(self.agents)
            self.agents.mkdir()
            self.sql("TRUNCATE reprise.workflow_history, reprise.operation_patterns, reprise.history_pass CASCADE")


class Killed(HistoryTest):
    """A process that dies at each point of a sync leaves what one that lives leaves."""

    def test_a_death_at_each_point_of_a_sync(self):
        points = [point for point in programs.fault_points(["history."]) if not point.startswith(ELSEWHERE)]
        self.assertIn("history.similar_write", points)
        for number in range(30):
            self.write_run("run%02d" % number, 1.0 + number / 10, workflow_template="adw_sdlc")
        for turn, point in enumerate(points):
            with self.subTest(point=point):
                self.write_run("run%02d" % turn, 5.0, nl_input="Build the frontend %d" % turn)
                worker = self.start_worker(REPRISE_FAULT=point + ":1:kill")
                self.expect(DONE, "sync-history", "--watch")
                self.assertIn("was ended by signal 9", worker.text())
                self.end_workers()
                self.assert_audited()
        after = self.everything()
        self.sql("TRUNCATE reprise.workflow_history, reprise.cost_audit_log, reprise.operation_patterns,"
                 " reprise.history_pass CASCADE")
        self.start_worker()
        self.sync()
        self.assertEqual(self.everything(), after)

    def everything(self):
        return (self.history(),
                self.sql("SELECT adw_id, anomaly_flags, optimization_recommendations FROM reprise.workflow_history ORDER BY 1"),
                self.sql("SELECT h.adw_id, (SELECT string_agg((s ->> 'similarity_score'), ' ') FROM"
                         " jsonb_array_elements(similar_workflows) s) FROM reprise.workflow_history h ORDER BY 1"),
                self.sql("SELECT signature, occurrence_count, mean_tokens, mean_cost, confidence"
                         " FROM reprise.operation_patterns WHERE occurrence_count > 0 ORDER BY 1"))


if __name__ == "__main__":
    main()
