"""Requests without any worker: what is accepted, what is refused, and what is said when a store does not answer."""
import os
import re
import signal
import subprocess

from harness import (CONFLICT, DONE, INTERRUPTED, NOT_FOUND, PREFIX, UNREACHABLE, USAGE, ProducerTest, eventually, main)

NO_REDIS = {"REPRISE_REDIS_URL": "unix:///nonexistent/redis.sock"}
NO_POSTGRES = {"REPRISE_POSTGRES_URL": "postgresql:///x?host=%2Fnonexistent"}
OPERATION = r"^op_[0-9A-Z]{26}$"
COUNTS = {"total", "completed", "succeeded", "failed", "skipped", "cancelled_jobs", "open"}


class Accepting(ProducerTest):
    def test_an_accepted_request_is_planned_and_opened(self):
        made = self.ask("run", "noop", "count=12000")
        self.assertRegex(made["operation_id"], OPERATION)
        self.assertEqual(("running", 12000, True, True, 0), (made["state"], made["total"], made["planned"],
                                                            made["dispatched"], made["live_workers"]))
        self.assertLessEqual(COUNTS, made.keys())
        shown = self.stores.redis.hash("%s:op:%s" % (PREFIX, made["operation_id"]))
        self.assertEqual(("12000", "12000", "running"), (shown["total"], shown["last_seq"], shown["state"]))
        self.assertGreater(self.stores.redis("LLEN", PREFIX + ":queue:history"), 0)

    def test_for_people_the_id_alone_is_on_stdout(self):
        answer = self.expect(DONE, "run", "noop", "count=3")
        self.assertRegex(answer.out.strip(), OPERATION)
        self.assertIn("no worker is alive", answer.err)

    def test_the_same_request_twice_is_one_operation(self):
        first, second = (self.ask("run", "noop", "count=3") for _ in range(2))
        self.assertEqual(first["operation_id"], second["operation_id"])
        self.assertEqual((False, True), (first["repeated"], second["repeated"]))
        other = self.ask("run", "noop", "count=4")
        self.assertNotEqual(first["operation_id"], other["operation_id"])

    def test_an_id_of_ones_own_makes_repeating_harmless(self):
        chosen = "op_01HKM0QZ8V5X2W3Y4Z5A6B7C8D"
        for _ in range(2):
            self.assertEqual(chosen, self.ask("run", "noop", "count=3", "--operation-id", chosen)["operation_id"])
        self.refused(CONFLICT, "run", "noop", "count=4", "--operation-id", chosen)
        self.refused(USAGE, "run", "noop", "--operation-id", "op_1")

    def test_an_operation_without_jobs_ends_without_a_worker(self):
        made = self.ask("rescan", "--rescan-age", "2h")
        self.assertEqual(("completed", 0), (made["state"], made["total"]))
        self.assertEqual("7200000", self.stores.psql.value("SELECT args ->> 'age_ms' FROM reprise.operation"))

    def test_links_are_asked_for_by_name(self):
        self.link(self.app())
        made = self.ask("resync", "Demo app", "octocat/hello-world", "--no-wait")
        self.assertEqual(("resync-link", 1), (made["definition"], made["total"]))
        self.assertEqual(1, self.ask("resync-app", "Demo app", "--yes")["total"])


class Refusing(ProducerTest):
    def test_a_bulk_request_wants_consent_where_no_person_can_be_asked(self):
        self.link(self.app())
        text = self.refused(USAGE, "resync-app", "Demo app")
        self.assertIn("This will re-send ALL files of 1 repositories to Demo app.", text)
        self.assertIn("--yes", text)
        self.assertEqual([], self.ask("operations")["operations"])

    def test_a_dry_run_does_nothing(self):
        self.link(self.app())
        self.assertEqual(("Demo app", 1, None), tuple(self.ask("resync-app", "Demo app", "--dry-run")[key]
                                                      for key in ("subject", "jobs", "expected_ms")))
        people = self.expect(DONE, "resync-app", "Demo app", "--dry-run")
        self.assertIn("not known and not deleted", people.out)
        self.assertRegex(people.out, "files +not known")
        self.assertEqual([], self.ask("operations")["operations"])

    def test_what_was_never_sent_is_not_counted_as_empty(self):
        app = self.app()
        self.link(app)
        self.link(app, "https://github.com/octocat/spoon-knife")
        self.stores.psql.execute("UPDATE reprise.app_repositories SET files = 5, bytes = 2048 WHERE repository_id = "
                                 "(SELECT min(repository_id) FROM reprise.app_repositories);")
        seen = self.ask("resync-app", "Demo app", "--dry-run")
        self.assertEqual((2, 5, 2048, 1), tuple(seen[key] for key in ("jobs", "files", "bytes", "unsized_jobs")))
        people = self.expect(DONE, "resync-app", "Demo app", "--dry-run").out
        self.assertRegex(people, r"files +at least 5; not known of 1 more jobs")

    def test_a_request_asks_the_database_for_nothing_twice(self):
        self.ask("definitions")
        self.stores.psql.execute("ALTER DATABASE reprise SET log_statement = 'all';")
        log = self.stores.directory / "postgres.log"
        before = log.read_text(errors="replace")
        self.expect(DONE, "run", "noop", "--yes")
        asked = re.findall(r"LOG:  (?:execute|statement)[^:]*: *(\S.*)", log.read_text(errors="replace")[len(before):])
        self.assertGreater(len(asked), 10)
        # Two of them look at the connection first: whether its settings are kept, and whose Redis this is.
        self.assertLessEqual(len(asked), 21, "\n".join(asked))

    def test_what_is_not_there_is_not_found(self):
        app = self.app()
        self.refused(NOT_FOUND, "resync-app", app, "--yes")
        self.refused(NOT_FOUND, "resync-all", "--yes")
        self.refused(NOT_FOUND, "retry-all", "--yes")
        self.refused(NOT_FOUND, "run", "no-such")
        for verb in ("progress", "cancel", "pause", "resume", "outcomes"):
            self.refused(NOT_FOUND, verb, "op_01HKM0QZ8V5X2W3Y4Z5A6B7C8D")
            self.refused(USAGE, verb, "op_x")
        self.assertEqual([], self.stores.redis("KEYS", "*"))

    def test_a_retry_of_what_has_not_failed_is_a_conflict(self):
        app = self.app()
        repository = self.link(app)
        self.refused(CONFLICT, "retry", app, repository)
        self.stores.psql.execute("UPDATE reprise.app_repositories SET result = 'failed';")
        self.ask("retry", app, repository, "--no-wait")

    def test_arguments_are_checked_by_the_schema(self):
        self.assertIn("count", self.refused(USAGE, "run", "noop", "count=many"))
        self.refused(USAGE, "run", "noop", "colour=red")
        self.refused(USAGE, "run", "noop", "count=0")
        self.refused(USAGE, "run", "noop", "--frob")
        self.refused(USAGE, "run")
        self.refused(USAGE, "frobnicate")
        self.refused(USAGE, "operations", "--state", "happy")
        self.refused(USAGE, "operations", "--limit", "1001")

    def test_a_bad_definition_says_where(self):
        folder = self.place / "definitions"
        folder.mkdir()
        (folder / "bad.yaml").write_text("id: bad\nname: [\n")
        env = {"REPRISE_DEFINITIONS_DIR": str(folder)}
        listed = self.expect(1, "definitions", "--json", env=env).json
        self.assertEqual([("bad", "broken", str(folder / "bad.yaml"))],
                         [(one["id"], one["state"], one["path"]) for one in listed["definitions"]])
        self.assertIn("bad.yaml", self.refused(USAGE, "run", "bad", env=env))


class StoresDown(ProducerTest):
    def test_without_redis_a_request_is_accepted_and_not_waited_for(self):
        self.link(self.app())
        for words in (["resync", "Demo app", "octocat/hello-world"], ["run", "noop", "count=3"]):
            answer = self.expect(DONE, *words, "--json", env=NO_REDIS)
            self.assertIn("starts when Redis is back", answer.err)
            self.assertEqual(("running", False), (answer.json["state"], answer.json["dispatched"]))

    def test_without_redis_an_operation_is_cancelled_all_the_same(self):
        made = self.ask("run", "noop", "count=3", env=NO_REDIS)
        self.assertEqual("cancelled", self.ask("cancel", made["operation_id"], env=NO_REDIS)["state"])

    def test_what_shows_redis_needs_it(self):
        self.refused(UNREACHABLE, "workers", env=NO_REDIS)
        self.refused(UNREACHABLE, "queues", env=NO_REDIS)

    def test_without_postgresql_a_request_is_refused(self):
        self.assertIn("PostgreSQL", self.refused(UNREACHABLE, "run", "noop", env=NO_POSTGRES))
        self.refused(UNREACHABLE, "operations", env=NO_POSTGRES)
        self.assertEqual([], self.stores.redis("KEYS", "*"))


class States(ProducerTest):
    def test_pause_resume_and_cancel_move_between_states(self):
        op = self.ask("run", "noop", "count=30")["operation_id"]
        self.assertEqual("paused", self.ask("pause", op)["state"])
        self.assertEqual("paused", self.stores.redis.hash("%s:op:%s" % (PREFIX, op))["state"])
        self.refused(CONFLICT, "pause", op)
        self.assertEqual("running", self.ask("resume", op)["state"])
        self.assertEqual("2", self.stores.redis.hash("%s:op:%s" % (PREFIX, op))["gen"])
        self.refused(CONFLICT, "resume", op)
        for _ in range(2):
            self.assertEqual("cancelled", self.ask("cancel", op)["state"])
        self.refused(CONFLICT, "pause", op)
        self.assertEqual("cancelled", self.stores.redis.hash("%s:op:%s" % (PREFIX, op))["state"])

    def test_an_ended_operation_cannot_be_cancelled(self):
        self.assertIn("completed", self.refused(CONFLICT, "cancel", self.ask("rescan")["operation_id"]))

    def test_lists_are_paged_and_filtered(self):
        made = [self.ask("run", "noop", "count=%d" % (i + 1))["operation_id"] for i in range(5)]
        self.ask("cancel", made[0])
        first = self.ask("operations", "--limit", 2)
        rest = self.ask("operations", "--limit", 10, "--cursor", first["next"])
        seen = [operation["operation_id"] for operation in first["operations"] + rest["operations"]]
        self.assertEqual(made[::-1], seen)
        self.assertIsNone(rest["next"])
        cancelled = self.ask("operations", "--state", "cancelled")["operations"]
        self.assertEqual(made[:1], [operation["operation_id"] for operation in cancelled])
        queues = {queue["queue"]: queue for queue in self.ask("queues")["queues"]}
        self.assertEqual((4, 2 + 3 + 4 + 5), (queues["history"]["operations"], queues["history"]["open_jobs"]))
        self.assertEqual([], self.ask("workers")["workers"])

    def test_outcomes_are_those_of_the_operation(self):
        op = self.ask("run", "noop", "count=3")["operation_id"]
        self.stores.psql.execute(
            "INSERT INTO reprise.job_outcome (operation_id, seq, phase, kind, key, outcome, attempt, error, worker, started_at)"
            " SELECT '%s', i, 0, 'noop', i::text, CASE i WHEN 2 THEN 'failed' ELSE 'succeeded' END, 1, NULL, 'w', now()"
            "   FROM generate_series(1, 3) i;" % op)
        self.assertEqual([1, 2, 3], [outcome["seq"] for outcome in self.ask("outcomes", op)["outcomes"]])
        failed, = self.ask("outcomes", op, "--failed")["outcomes"]
        self.assertEqual((op + "/2", "failed"), (failed["job_id"], failed["outcome"]))
        first = self.ask("outcomes", op, "--limit", 1)
        page = self.ask("outcomes", op, "--limit", 1, "--cursor", first["next"])
        self.assertEqual([1, 2], [page["outcomes"][0]["seq"] for page in (first, page)])


class Interrupting(ProducerTest):
    def test_ctrl_c_leaves_the_operation_running_and_says_how_to_cancel(self):
        op = self.ask("run", "noop", "count=3")["operation_id"]
        watching = subprocess.Popen(self.command("progress", op, "--watch"), env=self.env, cwd=self.place, text=True,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(watching.kill)
        self.assertIn("0 of 3", watching.stderr.readline())
        os.kill(watching.pid, signal.SIGINT)
        out, err = watching.communicate(timeout=30)
        self.assertEqual((INTERRUPTED, ""), (watching.returncode, out))
        self.assertIn("producer cancel " + op, err)
        self.assertEqual("running", self.ask("progress", op)["state"])

    def test_a_person_who_watches_sees_the_cancel_as_a_failure(self):
        op = self.ask("run", "noop", "count=3")["operation_id"]
        watching = subprocess.Popen(self.command("progress", op, "--watch", "--json"), env=self.env, cwd=self.place,
                                    text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(watching.kill)
        self.assertIn("0 of 3", watching.stderr.readline())
        self.ask("cancel", op)
        eventually(lambda: watching.poll() is not None, "the watcher ends")
        out, _ = watching.communicate()
        self.assertEqual(1, watching.returncode)
        self.assertIn('"state":"cancelled"', out)


if __name__ == "__main__":
    main()
