"""The schema, help, settings and doctor by the command line."""
import hashlib
import re
import subprocess

from harness import CONFLICT, DONE, USAGE, ProducerTest, eventually, main
from reprise_testing import programs
from reprise_testing.stores import ROOT


class Schema(ProducerTest):
    def test_two_programs_migrate_at_once(self):
        both = [subprocess.Popen(self.command("migrate", "--json"), env=self.env, cwd=self.place, text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
        said = [process.communicate(timeout=60) for process in both]
        self.assertEqual([DONE, DONE], [process.returncode for process in both], said)
        first, second = (self.ask("migrate") for _ in range(2))
        self.assertEqual((first["version"], 0), (second["before"], second["applied"]))

    def test_the_first_command_makes_the_schema(self):
        answer = self.expect(DONE, "operations", "--json")
        self.assertEqual([], answer.json["operations"])
        self.assertIn("no schema yet; it was made", answer.err)
        self.assertEqual("", self.expect(DONE, "operations", "--json").err)

    def test_programs_that_begin_together_in_an_empty_database_all_succeed(self):
        every = [subprocess.Popen(self.command("operations", "--json"), env=self.env, cwd=self.place, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(3)]
        said = [process.communicate(timeout=60) for process in every]
        self.assertEqual([DONE] * 3, [process.returncode for process in every], said)

    def test_a_newer_schema_is_refused_with_both_versions(self):
        version = self.ask("migrate")["version"]
        self.stores.psql.execute("INSERT INTO reprise.schema_migration (version, name, checksum)"
                                 " VALUES (9999, '9999_later', repeat('0', 64));")
        for words in (["migrate"], ["operations"], ["run", "noop"]):
            text = self.refused(CONFLICT, *words)
            self.assertIn("9999", text)
            self.assertIn(str(version), text)


class OlderSchema(ProducerTest):
    """The schema as an earlier release left it: only migrate, and a worker's start, bring it up to date."""

    def setUp(self):
        super().setUp()
        self.files = sorted((ROOT / "sql" / "migrations").glob("*.sql"))
        self.newest = int(self.files[-1].name[:4])
        self.stores.psql.execute("CREATE SCHEMA reprise; CREATE TABLE reprise.schema_migration (version integer PRIMARY KEY,"
                                 " name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());")
        for file in self.files[:-1]:
            self.apply(file)

    def apply(self, file):
        text = file.read_text(encoding="utf-8")
        self.stores.psql.execute("BEGIN; SET LOCAL search_path = reprise, public;\n%s\nINSERT INTO reprise.schema_migration"
                                 " (version, name, checksum) VALUES (%d, '%s', '%s'); COMMIT;" % (
                                     text, int(file.name[:4]), file.stem, hashlib.sha256(text.encode()).hexdigest()))

    def version(self):
        return self.stores.psql.number("SELECT max(version) FROM reprise.schema_migration")

    def test_other_commands_leave_it_alone_and_say_what_to_do(self):
        for words in (["operations"], ["definitions"], ["apps"], ["run", "noop", "--yes"], ["workflow", "4b6b710e"]):
            text = self.refused(CONFLICT, *words)
            for part in ("version %d" % (self.newest - 1), "needs %d" % self.newest, "backup", "producer migrate"):
                self.assertIn(part, text)
        self.assertIn("producer migrate", self.expect(1, "doctor").out)
        self.assertEqual(self.newest - 1, self.version())
        self.assertEqual({"before": self.newest - 1, "version": self.newest, "applied": 1}, self.ask("migrate"))
        self.ask("operations")

    def test_a_worker_brings_it_up_to_date(self):
        worker = programs.Worker(self.env, self.place / "worker.log")
        self.addCleanup(worker.end_at_once)
        eventually(lambda: self.version() == self.newest, "the schema is up to date")

    def test_a_worker_that_may_not_waits_for_a_person(self):
        worker = programs.Worker({**self.env, "REPRISE_MIGRATE_AUTO": "false"}, self.place / "worker.log")
        self.addCleanup(worker.end_at_once)
        eventually(lambda: "producer migrate" in worker.text(), "it says what to do")
        self.assertEqual(self.newest - 1, self.version())
        self.assertEqual([], worker.processes())
        self.ask("migrate")
        eventually(worker.processes, "it goes on by itself")

    def test_a_dashboard_listens_and_waits(self):
        place = self.place / "dashboard.log"
        with place.open("wb") as log:
            dashboard = subprocess.Popen([programs.program("dashboard")], stdout=log, stderr=log, cwd=self.place,
                                         env={**self.env, "REPRISE_DASHBOARD_LISTEN": "127.0.0.1:0"})
        self.addCleanup(dashboard.wait)
        self.addCleanup(dashboard.kill)
        eventually(lambda: "producer migrate" in place.read_text(), "it says what to do")
        self.assertEqual(self.newest - 1, self.version())
        self.ask("migrate")
        eventually(lambda: "PostgreSQL is there" in place.read_text(), "it goes on by itself")


class Help(ProducerTest):
    def commands(self):
        lines = self.expect(DONE, "--help").out.split("\nHelp\n")[0]
        return re.findall(r"^  ([a-z][a-z-]*) +\S", lines, re.M)

    def test_each_command_has_help_that_can_be_acted_on(self):
        commands = self.commands()
        self.assertGreater(len(commands), 25)
        for command in commands:
            text = self.expect(DONE, "help", command).out
            for part in ("usage: producer " + command, "Options:", "--json", "Example:", "producer " + command, "Exit codes:"):
                self.assertIn(part, text)
            self.assertEqual(text, self.expect(DONE, command, "--help").out)
            self.assertLessEqual(max(map(len, text.splitlines())), 200)

    def test_help_and_version_need_neither_stores_nor_settings(self):
        broken = {"REPRISE_DELIVER_PARALLEL": "many"}
        self.expect(USAGE, "apps", env=broken)
        for words in ([], ["--help"], ["help", "resync"], ["resync", "--help"], ["help", "settings"], ["--version"]):
            self.expect(DONE, *words, env=broken)

    def test_settings_are_printed_without_secrets(self):
        key = programs.environment(self.stores)["REPRISE_ENCRYPTION_KEY"]
        shown = self.expect(DONE, "--print-config", "--rescan-age", "2h")
        self.assertNotIn(key, shown.out)
        self.assertRegex(shown.out, r"rescan\.age = 2h +# flag")

    def test_a_full_disk_under_stdout_is_a_failure(self):
        with open("/dev/full", "w") as full:
            code = subprocess.run(self.command("--help"), env=self.env, stdout=full, stderr=subprocess.DEVNULL).returncode
        self.assertEqual(1, code)


class Doctor(ProducerTest):
    def test_a_healthy_installation_has_no_violation(self):
        self.ask("migrate")
        found = self.ask("doctor")["findings"]
        self.assertLessEqual(set(range(11)), {finding["invariant"] for finding in found})
        self.assertNotIn("violation", {finding["severity"] for finding in found})

    def test_without_definitions_it_says_so(self):
        self.ask("migrate")
        self.assertIn("no definition is loaded", self.expect(DONE, "doctor").out)
        self.ask("resync-definitions")
        self.assertNotIn("no definition is loaded", self.expect(DONE, "doctor").out)

    def test_a_wrong_count_is_found_and_told_by_number(self):
        op = self.ask("run", "noop", "count=3")["operation_id"]
        self.ask("cancel", op)
        self.stores.psql.execute("UPDATE reprise.tally SET succeeded = 1;")
        wrong = [finding for finding in self.expect(1, "doctor", "--json").json["findings"]
                 if finding["severity"] == "violation"]
        self.assertIn((2, op), {(finding["invariant"], finding["subject"]) for finding in wrong})
        self.assertIn("I2", self.expect(1, "doctor").out)


if __name__ == "__main__":
    main()
