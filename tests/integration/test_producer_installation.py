"""The schema, help, settings and doctor by the command line."""
import re
import subprocess

from harness import CONFLICT, DONE, USAGE, ProducerTest, main
from reprise_testing import programs


class Schema(ProducerTest):
    def test_two_programs_migrate_at_once(self):
        both = [subprocess.Popen(self.command("migrate", "--json"), env=self.env, cwd=self.place, text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
        said = [process.communicate(timeout=60) for process in both]
        self.assertEqual([DONE, DONE], [process.returncode for process in both], said)
        first, second = (self.ask("migrate") for _ in range(2))
        self.assertEqual((first["version"], 0), (second["before"], second["applied"]))

    def test_any_command_brings_an_old_schema_up_to_date(self):
        answer = self.expect(DONE, "operations", "--json")
        self.assertEqual([], answer.json["operations"])
        self.assertIn("schema was brought from version 0", answer.err)
        self.assertEqual("", self.expect(DONE, "operations", "--json").err)

    def test_a_newer_schema_is_refused_with_both_versions(self):
        version = self.ask("migrate")["version"]
        self.stores.psql.execute("INSERT INTO reprise.schema_migration (version, name, checksum)"
                                 " VALUES (9999, '9999_later', repeat('0', 64));")
        for words in (["migrate"], ["operations"], ["run", "noop"]):
            text = self.refused(CONFLICT, *words)
            self.assertIn("9999", text)
            self.assertIn(str(version), text)


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
