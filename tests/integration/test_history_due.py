"""A sync after a change plans only what that can have changed, and what is stored is what a sync of everything stores."""
import json
import os
import random
import shutil
import sys

from harness import DONE, FAILED, eventually, main
from history_runs import HistoryTest

WORDS = ("add fix tests build backend frontend server client the of a login page cache index retry error queue worker slow "
         "fast format docs readme pytest vitest eslint prettier npm pip deps update bundle compile typecheck git diff log").split()
TEMPLATES = ("adw_sdlc", "adw_plan_build", "adw_patch", None)


class Due(HistoryTest):
    def setUp(self):
        super().setUp()
        self.worker = self.start_worker()
        seed = int(os.environ.get("REPRISE_SEED", random.randrange(1 << 32)))
        print("REPRISE_SEED=%d" % seed, file=sys.stderr)
        self.chance = random.Random(seed)
        self.texts = []

    # ---- changes -----------------------------------------------------------------------------------------------------------

    def text(self):
        draw = self.chance
        if self.texts and draw.random() < 0.4:
            words = draw.choice(self.texts).split()
            words[draw.randrange(len(words))] = draw.choice(WORDS)
        else:
            words = [draw.choice(WORDS) for _ in range(draw.choice((4, 12, 40, 90)))]
        self.texts.append(" ".join(words))
        return self.texts[-1]

    def write_any(self, adw_id):
        draw = self.chance
        start = draw.randrange(3600)
        state = {"nl_input": self.text(), "workflow_template": draw.choice(TEMPLATES),
                 "start_time": "2026-01-01T00:00:00Z",
                 "end_time": "2026-01-01T%02d:%02d:%02d.%06dZ" % (1 + start // 3600, start // 60 % 60, start % 60,
                                                                  draw.randrange(1000000))}
        if draw.random() < 0.2:
            del state["end_time"]
        if draw.random() < 0.1:
            del state["nl_input"]
        cost = draw.choice((None, 0, 0.5, 1, 1, 1.25, 9, 30))
        self.write_run(adw_id, cost, draw.choice(("completed", "completed", "failed", "running")), **state)

    def change_something(self):
        draw = self.chance
        present = sorted(entry.name for entry in self.agents.iterdir())
        for _ in range(draw.choice((1, 1, 2, 6))):
            kind = draw.randrange(6)
            if kind < 2 or len(present) < 10:
                self.write_any("run%04d" % draw.randrange(10000))
            elif kind < 4:
                self.write_any(draw.choice(present))
            else:
                gone = draw.choice(present)
                shutil.rmtree(self.agents / gone, ignore_errors=True)
                if kind == 5:  # by hand, as it should not be done
                    self.sql("DELETE FROM reprise.workflow_history WHERE adw_id = '%s'" % gone)

    # ---- what is stored -------------------------------------------------------------------------------------------------------

    def stored(self):
        return (self.sql("SELECT adw_id, similar_workflows FROM reprise.workflow_history ORDER BY 1"),
                self.sql("SELECT adw_id, anomaly_flags, optimization_recommendations FROM reprise.workflow_history ORDER BY 1"),
                self.sql("SELECT signature, occurrence_count, first_detected, last_seen, mean_tokens, mean_cost, confidence"
                         " FROM reprise.operation_patterns WHERE occurrence_count > 0 ORDER BY 1"),
                self.sql("SELECT p.signature, o.workflow_id FROM reprise.pattern_occurrences o"
                         " JOIN reprise.operation_patterns p ON p.id = o.pattern_id ORDER BY 1, 2"))

    def forget_all(self):
        self.sql("UPDATE reprise.workflow_history SET similar_workflows = NULL, anomaly_flags = NULL,"
                 " optimization_recommendations = NULL")
        self.sql("TRUNCATE reprise.operation_patterns, reprise.history_pass CASCADE")

    def jobs(self, answer):
        return {phase["id"]: phase["succeeded"] for phase in answer["phases"]}

    def test_after_any_changes_it_is_as_if_all_had_been_compared(self):
        for number in range(70):
            self.write_any("run%04d" % number)
        self.sync()
        for _ in range(5):
            for _ in range(3):
                self.change_something()
                self.sync()
            self.write_any("last")  # whatever was deleted by hand, a change begins the phases
            self.sync()
            after = self.stored()
            self.forget_all()
            self.sync()
            for some, all_of_it in zip(after, self.stored()):
                self.assertEqual(all_of_it, some)

    def test_one_change_is_a_few_jobs(self):
        for number in range(150):
            letters = chr(97 + number % 26) * 9
            self.write_run("run%03d" % number, 1 + number, nl_input=" ".join([letters, str(number) * 5, letters[::-1]] * 3),
                           workflow_template="adw_sdlc")
        self.assertEqual(150, self.jobs(self.sync())["similarity"])
        self.write_run("run077", 78.5, nl_input="Write documentation", workflow_template="adw_sdlc")
        jobs = self.jobs(self.sync())
        self.assertLess(jobs["similarity"], 40)
        self.assertLess(jobs["score"], 40)
        self.assertLessEqual(jobs["patterns"], 2)
        self.assertEqual({"scan": 1, "enrich": 150, "score": 0, "similarity": 0, "patterns": 0}, self.jobs(self.sync()))

    def test_others_are_held_against_a_mean_that_moved(self):
        for number in range(5):
            self.write_run("run%d" % number, 1.0, workflow_template="adw_sdlc")
        self.write_run("dear", 2.5, workflow_template="adw_sdlc")
        self.sync()
        self.assertIn("cost", self.row("dear", "anomaly_flags")[0])
        for number in range(5):
            self.write_run("run%d" % number, 2.0, workflow_template="adw_sdlc")
        jobs = self.jobs(self.sync())
        self.assertEqual(6, jobs["score"])
        self.assertNotIn('"cost"', self.row("dear", "anomaly_flags")[0])
        self.write_run("run0", 2.0, workflow_template="adw_patch")  # leaves its template: a mean of one fewer
        self.sync()
        self.assertNotIn('"cost"', self.row("dear", "anomaly_flags")[0])

    # ---- when a phase fails, or stands still --------------------------------------------------------------------------------------

    def poison(self, kind, adw_id):
        """As if the job had ended its process three times while it ran alone, whatever it is planned by."""
        self.sql("CREATE OR REPLACE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                 " NEW.crashes := CASE WHEN NEW.kind = '%s' AND NEW.key = '%s' THEN 3 ELSE 0 END; RETURN NEW; END $$;"
                 "CREATE OR REPLACE TRIGGER poison BEFORE INSERT ON reprise.job FOR EACH ROW EXECUTE FUNCTION poison()"
                 % (kind, adw_id))

    def test_a_poisoned_comparison_names_its_phase_and_the_next_sync_repairs(self):
        for number in range(6):
            self.write_run("run%d" % number, 1.0, workflow_template="adw_sdlc")
        self.sync()
        for phase in ("score", "similarity"):
            with self.subTest(phase=phase):
                self.poison(phase, "run1")
                self.write_run("run1", 1.5, workflow_template="adw_sdlc", nl_input="Build the frontend for %s" % phase)
                answer = self.sync(FAILED)
                self.assertEqual({phase: 1}, {one["id"]: one["failed"] for one in answer["phases"] if one["failed"]})
                self.assertIn("fatal signal",
                              self.ask("outcomes", answer["operation_id"], "--failed")["outcomes"][0]["error"])
                self.assertRegex(self.expect(FAILED, "sync-history", "--silent").out, r"failed in %s +1\n" % phase)
                self.sql("DROP TRIGGER poison ON reprise.job")
                self.assertGreater(self.jobs(self.sync())[phase], 0)
                mended = self.stored()
                self.forget_all()
                self.sync()
                self.assertEqual(self.stored(), mended)

    def test_beside_a_paused_comparison_others_compare_what_changed_since(self):
        for number in range(30):
            self.write_run("run%02d" % number, 1.0 + number, nl_input=self.text() + " %d" % number)
        self.sync()
        self.end_workers()
        log = self.place / "reached"
        self.start_worker(REPRISE_FAULT="history.similar_decided:1:ms=3000", REPRISE_FAULT_LOG=str(log))
        self.write_run("run01", 5.0, nl_input="Write documentation")
        paused = self.ask("sync-history", "--no-wait")["operation_id"]
        eventually(lambda: log.exists() and "similar_decided" in log.read_text(), "the sync compares")
        self.expect(DONE, "pause", paused)
        self.end_workers()
        self.start_worker()
        self.write_run("run02", 6.0, nl_input="Ship it")
        self.sync()
        jobs = self.jobs(self.sync())
        self.assertLess(0, jobs["similarity"])
        self.assertLess(jobs["similarity"], 30)
        self.expect(DONE, "resume", paused)
        self.expect(DONE, "progress", paused, "--watch")
        self.sync()
        self.assertEqual(0, self.jobs(self.sync())["similarity"])
        compared = self.stored()
        self.forget_all()
        self.sync()
        self.assertEqual(self.stored(), compared)


if __name__ == "__main__":
    main()
