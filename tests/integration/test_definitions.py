"""Definitions that live: commands, signals, workers on one database that follow without a restart, projects, schedules."""
import json
import os
import shutil
import signal

from harness import CONFLICT, DONE, FAILED, NOT_FOUND, PREFIX, USAGE, ProducerTest, eventually, main
from reprise_testing import programs
from reprise_testing.stores import ROOT

NOOP = "id: %s\nname: %s\nargs:\n  count: {type: integer, minimum: 1, default: %d}\n" \
       "phases: [{id: p, job: noop, over: numbers}]\n"


class DefinitionsTest(ProducerTest):
    def setUp(self):
        super().setUp()
        self.folder = self.place / "definitions"
        shutil.copytree(ROOT / "definitions", self.folder)
        self.env = {**self.env, "REPRISE_DEFINITIONS_DIR": str(self.folder),
                    "REPRISE_DEFINITIONS_ROOTS": str(self.place.resolve())}
        self.psql = self.stores.psql

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def worker(self, name="worker", **more):
        worker = programs.Worker({**self.env, **more}, self.place / (name + ".log"))
        self.addCleanup(worker.end_at_once)
        eventually(lambda: worker.processes() and "runs as process" in worker.text(), "the worker runs")
        return worker

    def states(self):
        listed = self.run_producer("definitions", "--json")
        return {one["id"]: one["state"] for one in listed.json["definitions"]}

    def resync(self, code=DONE):
        return self.expect(code, "resync-definitions", "--json").json

    def await_resyncs(self, worker, count):
        eventually(lambda: worker.text().count(" unchanged, ") >= count, "the worker has re-synced %d times" % count)


class Commands(DefinitionsTest):
    def test_a_new_database_can_be_used_at_once(self):
        self.assertEqual(30, self.ask("run", "noop", "count=30", "--yes")["total"])
        self.assertEqual({"ready"}, set(self.states().values()))

    def test_what_changed_is_told_and_followed(self):
        self.resync()
        self.write("mine.yaml", NOOP % ("mine", "Mine", 3))
        answer = self.resync()
        self.assertEqual([{"id": "mine", "name": "Mine"}], answer["workflows"]["new"])
        self.assertEqual((1, 0), (answer["summary"]["new"], answer["summary"]["updated"]))
        first = self.ask("run", "mine")
        self.write("mine.yaml", NOOP % ("mine", "Mine", 4))
        self.assertEqual(3, self.ask("run", "mine", "--operation-id", first["operation_id"])["total"])
        self.assertEqual([{"id": "mine", "name": "Mine"}], self.resync()["workflows"]["updated"])
        self.assertEqual(4, self.ask("run", "mine")["total"])
        self.assertEqual(2, len(self.ask("definition", "mine")["versions"]))
        (self.folder / "mine.yaml").unlink()
        self.assertEqual([{"id": "mine", "name": "Mine"}], self.resync()["workflows"]["archived"])
        self.assertIn("no file of it", self.refused(CONFLICT, "run", "mine"))
        self.assertEqual("missing", self.states()["mine"])

    def test_a_broken_version_keeps_the_last_good_one_and_says_so(self):
        path = self.write("mine.yaml", NOOP % ("mine", "Mine", 3))
        self.resync()
        self.write("mine.yaml", "id: mine\nname: Mine\nphases: [{id: p, job: noop, over: moons}]\n")
        error, = self.resync(FAILED)["workflows"]["errors"]
        self.assertEqual({"id": "mine", "name": "Mine", "path": str(path.resolve()), "line": 3, "column": 35,
                          "error": 'the job "noop" has no selection "moons"; its selections are numbers'}, error)
        listed = self.expect(FAILED, "definitions")
        self.assertRegex(listed.out, r"mine +older version ")
        self.assertIn("mine.yaml:3:35: the job \"noop\" has no selection \"moons\"; its selections are numbers"
                      " (the last good version stays in force)", listed.err)
        shown = self.ask("definition", "mine")
        self.assertEqual(("older version", 3, 35), (shown["state"], shown["load_error_line"], shown["load_error_column"]))
        self.assertEqual(3, self.ask("run", "mine")["total"])
        worker = self.worker()
        self.assertIn("mine.yaml:3:35: the job", worker.text())

    def test_archived_refuses_with_the_reason_until_it_is_taken_back(self):
        self.ask("archive", "noop")
        self.assertIn("archived; to use it again: producer unarchive noop", self.refused(CONFLICT, "run", "noop"))
        self.resync()
        self.assertEqual("archived", self.states()["noop"])
        self.stores.redis("RPUSH", PREFIX + ":inbox", json.dumps({"definition": "noop"}))
        self.worker()
        refusal = eventually(lambda: self.stores.redis("LINDEX", PREFIX + ":inbox:rejected", "0"), "it is refused")
        self.assertIn("is archived", json.loads(refusal)["reason"])
        self.ask("unarchive", "noop")
        self.ask("run", "noop", "count=2")
        self.refused(NOT_FOUND, "archive", "unheard-of")

    def test_arguments_name_themselves_their_value_and_the_rule(self):
        self.assertIn('argument "count": 0 is below the minimum; give a whole number from 1 to 100000000',
                      self.refused(USAGE, "run", "noop", "count=0"))
        self.assertIn('did you mean "rescan"', self.refused(NOT_FOUND, "run", "reskan"))
        self.stores.redis("RPUSH", PREFIX + ":inbox", json.dumps({"definition": "noop", "args": {"count": 0}}))
        self.worker()
        refusal = eventually(lambda: self.stores.redis("LINDEX", PREFIX + ":inbox:rejected", "0"), "it is refused")
        self.assertIn('argument "count": 0 is below the minimum', json.loads(refusal)["reason"])


class Projects(DefinitionsTest):
    def test_a_project_has_definitions_of_its_own(self):
        folder = self.place / "shop" / ".agent" / "workflows" / "definitions" / "deep"
        folder.mkdir(parents=True)
        (folder / "mine.yaml").write_text(NOOP % ("mine", "Of the shop", 5))
        self.refused(USAGE, "add-project", "shop", "The shop", "/etc")
        self.ask("add-project", "shop", "The shop", str((self.place / "shop").resolve()))
        self.refused(CONFLICT, "add-project", "shop", "Again", str((self.place / "other").resolve()))
        answer = self.resync()
        self.assertIn({"id": "shop/mine", "name": "Of the shop"}, answer["workflows"]["new"])
        self.assertEqual(5, self.ask("run", "shop/mine")["total"])
        self.assertEqual([("shop", 1)], [(one["id"], one["definitions"]) for one in self.ask("projects")["projects"]])
        self.ask("remove-project", "shop", "--yes")
        self.refused(NOT_FOUND, "run", "shop/mine")

    def test_one_that_cannot_be_read_stops_no_other(self):
        outside = self.place / "outside"
        (outside / "workflows" / "definitions").mkdir(parents=True)
        (self.place / "sly").mkdir()
        os.symlink(outside.resolve(), self.place / "sly" / ".agent")
        self.ask("add-project", "sly", "Sly", str((self.place / "sly").resolve()))
        answer = self.resync(FAILED)
        self.assertEqual(["sly"], [one["id"] for one in answer["workflows"]["errors"]])
        self.assertGreater(answer["summary"]["unchanged"] + answer["summary"]["new"], 5)


class Workers(DefinitionsTest):
    def test_sighup_reads_the_files_again(self):
        worker = self.worker()
        self.await_resyncs(worker, 1)
        self.write("mine.yaml", NOOP % ("mine", "Mine", 3))
        worker.signal_process(worker.pid, signal.SIGHUP)
        self.await_resyncs(worker, 2)
        self.assertIn(": 1 new, 0 updated", worker.text())
        self.assertEqual(3, self.ask("run", "mine")["total"])
        self.assertEqual(1, len(worker.processes()), "no process died of it")

    def test_a_re_sync_that_another_holds_up_is_done_later_and_holds_up_nothing(self):
        worker = self.worker()
        self.await_resyncs(worker, 1)
        self.write("mine.yaml", NOOP % ("mine", "Mine", 3))
        holder = self.stores.new_psql()
        self.addCleanup(holder.close)
        holder.execute("BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('resync-definitions', 0));")
        worker.signal_process(worker.pid, signal.SIGHUP)
        eventually(lambda: "it is tried again" in worker.text(), "the worker waited in vain")
        self.assertEqual("completed", self.ask("run", "noop", "count=10", "--watch")["state"])
        self.assertNotIn("mine", self.states())
        holder.execute("COMMIT;")
        eventually(lambda: self.states().get("mine") == "ready", "the re-sync is done")

    def test_a_definition_re_syncs_all_of_them_and_answers(self):
        self.worker()
        self.write("mine.yaml", NOOP % ("mine", "Mine", 3))
        made = self.ask("run", "resync-definitions", "--watch")
        outcome, = self.ask("outcomes", made["operation_id"])["outcomes"]
        self.assertEqual([{"id": "mine", "name": "Mine"}], outcome["result"]["workflows"]["new"])

    def test_a_worker_without_the_directory_leaves_definitions_alone(self):
        self.resync()
        worker = self.worker(REPRISE_DEFINITIONS_DIR=str(self.place / "nowhere"))
        self.assertIn("definitions stay as the database has them", worker.text())
        self.assertEqual({"ready"}, set(self.states().values()))

    def test_an_operation_pinned_to_a_project_that_was_removed_goes_on(self):
        folder = self.place / "shop" / ".agent" / "workflows" / "definitions"
        folder.mkdir(parents=True)
        (folder / "mine.yaml").write_text(NOOP % ("mine", "Of the shop", 5))
        self.ask("add-project", "shop", "The shop", str((self.place / "shop").resolve()))
        self.resync()
        made = self.ask("run", "shop/mine")
        self.ask("remove-project", "shop", "--yes")
        self.worker()
        self.assertEqual("completed", self.ask("progress", made["operation_id"], "--watch")["state"])


class Schedules(DefinitionsTest):
    """Every second, in front of two workers."""

    def setUp(self):
        super().setUp()
        for file in self.folder.glob("*.yaml"):
            if "\nschedule:" in file.read_text():
                file.unlink()
        self.write("often.yaml", NOOP % ("often", "Often", 1) + "schedule: {every: 1s}\n")

    def fired(self):
        return self.psql.number("SELECT count(*) FROM reprise.schedule_tick WHERE operation_id IS NOT NULL")

    def assert_each_once(self):
        """Operations and ticks are the same, one for each."""
        self.assertEqual([("0", "0")], self.psql.rows(
            "SELECT count(*) FILTER (WHERE s.tick IS NULL), count(*) FILTER (WHERE o.operation_id IS NULL)"
            "  FROM (SELECT operation_id FROM reprise.operation WHERE definition = 'often') o"
            "  FULL JOIN (SELECT * FROM reprise.schedule_tick WHERE operation_id IS NOT NULL) s USING (operation_id)"))

    def test_two_workers_fire_each_tick_once(self):
        workers = [self.worker("one", REPRISE_SCHEDULE_ENABLED="true"), self.worker("two", REPRISE_SCHEDULE_ENABLED="true")]
        eventually(lambda: self.fired() >= 5, "five ticks have fired")
        for worker in workers:
            worker.drain()
        self.assert_each_once()
        ticks = self.ask("schedule", "often")["ticks"]
        self.assertGreaterEqual(len(ticks), 5)
        self.assertEqual(len(ticks), len({one["tick"] for one in ticks}))
        shown, = self.ask("schedule")["schedule"]
        self.assertEqual(("often", "every 1 s"), (shown["id"], shown["schedule"]))
        self.assertTrue(shown["last_tick"])
        self.assertTrue(shown["next_tick"] > shown["last_tick"])

    def test_a_worker_paused_over_several_ticks_fires_one(self):
        worker = self.worker(REPRISE_SCHEDULE_ENABLED="true")
        eventually(self.fired, "a tick has fired")
        pid, = worker.processes()
        worker.signal_process(pid, signal.SIGSTOP)
        last = self.psql.value("SELECT max(tick) FROM reprise.schedule_tick")
        eventually(lambda: self.psql.number("SELECT count(*) WHERE now() > '%s'::timestamptz + interval '4.5 s'" % last),
                   "some ticks have passed")
        stopped = self.psql.value("SELECT now()")
        worker.signal_process(pid, signal.SIGCONT)
        eventually(lambda: self.psql.number("SELECT count(*) FROM reprise.schedule_tick WHERE at > '%s'" % stopped),
                   "it goes on")
        self.assertEqual("0", self.psql.value(
            "SELECT count(*) FROM reprise.schedule_tick WHERE tick > '%s' AND tick < '%s'::timestamptz - interval '1.1 s'"
            % (last, stopped)), "what was missed is not made up for")
        worker.drain()
        self.assert_each_once()

    def test_while_the_operation_before_runs_ticks_are_skipped(self):
        self.write("often.yaml", "id: often\nname: Often\nargs:\n  sleep_ms: {type: integer, default: 2500}\n"
                                 "  count: {type: integer, default: 1}\n"
                                 "phases: [{id: p, job: noop, over: numbers}]\nschedule: {every: 1s}\n")
        self.worker(REPRISE_SCHEDULE_ENABLED="true")
        eventually(lambda: self.fired() >= 2, "two ticks have fired")
        ticks = self.ask("schedule", "often")["ticks"]
        skipped = [one for one in ticks if one["skipped"]]
        self.assertTrue(skipped)
        self.assertRegex(skipped[0]["skipped"], r"^operation op_[0-9A-Z]{26} of an earlier tick has not ended$")

    def test_a_worker_told_not_to_starts_nothing(self):
        worker = self.worker()
        self.await_resyncs(worker, 1)
        self.ask("run", "noop", "count=20", "--watch")
        self.assertEqual(0, self.fired())

    def test_the_shipped_rescan_passes_the_setting(self):
        shutil.copy(ROOT / "definitions" / "rescan.yaml", self.folder)
        text = (self.folder / "rescan.yaml").read_text().replace("every: 60s", "every: 1s")
        self.write("rescan.yaml", text)
        (self.folder / "often.yaml").unlink()
        self.worker(REPRISE_SCHEDULE_ENABLED="true", REPRISE_RESCAN_AGE="2h")
        eventually(lambda: "there was nothing to do" in json.dumps(self.ask("schedule", "rescan")), "a tick was skipped")
        self.link(self.app(), "https://localhost:1/a/b", env={"REPRISE_GIT_ALLOW_PRIVATE": "127.0.0.0/8,::1"})
        found = eventually(lambda: self.psql.rows("SELECT requested_by, args ->> 'age_ms' FROM reprise.operation"),
                           "a link to scan starts an operation")
        self.assertEqual(("schedule", "7200000"), found[0])


if __name__ == "__main__":
    main()
