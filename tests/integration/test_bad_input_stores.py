"""Stores as they should not be: Redis that evicts, PostgreSQL that cannot be written to or has a newer schema;
a missing key; programs that migrate at once. Each is told in words, and nothing is lost.
"""
import re
import subprocess

from delivering import DeliveryTest
from harness import CONFLICT, DONE, ProducerTest, eventually, main, programs
from reprise_testing.psql import Psql


class Eviction(DeliveryTest):
    def test_a_redis_that_may_evict_is_warned_about(self):
        self.assertEqual(DONE, self.run_producer("doctor").code)
        self.addCleanup(self.stores.redis, "CONFIG", "SET", "maxmemory-policy", "noeviction")
        self.stores.redis("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
        self.worker.end_at_once()
        self.start_worker()
        eventually(lambda: "maxmemory-policy allkeys-lru" in self.worker.text(), "the worker warns")
        self.assertIn("set it to noeviction", self.worker.text())
        answer = self.run_producer("doctor")
        self.assertIn("noeviction", answer.out + answer.err)


class ReadOnly(DeliveryTest):
    def set_read_only(self, word):
        psql = Psql(str(self.stores.directory), "postgres")
        self.addCleanup(psql.close)
        psql.execute("ALTER SYSTEM SET default_transaction_read_only = %s;" % word)
        psql.execute("SELECT pg_reload_conf()")
        eventually(lambda: Psql.value(psql, "SELECT setting FROM pg_settings WHERE name = 'default_transaction_read_only'")
                   == word, "the setting is in force")

    def test_the_worker_waits_and_nothing_is_lost(self):
        app, repository, source = self.new_world({"f%02d" % i: b"%d\n" % i for i in range(50)})
        noop = self.ask("run", "noop", "count=1500", "sleep_ms=5")["operation_id"]
        self.receiver.behave({"mode": "hang", "path_contains": "f30", "times": 1})
        resync = self.ask("resync", app, repository, "--no-wait")["operation_id"]
        eventually(lambda: len(self.receiver.requests(app)) >= 20, "it delivers")
        self.set_read_only("on")
        try:
            self.receiver.behave()
            refused = self.expect_any("run", "noop", "count=1")
            self.assertRegex(refused, r"read-only")
            eventually(lambda: "read-only" in self.worker.text(), "the worker says what is wrong")
        finally:
            self.set_read_only("off")
        for operation in (noop, resync):
            self.expect(DONE, "progress", operation, "--watch")
        made = self.ask("progress", noop)
        self.assertEqual((1500, 0), (made["succeeded"], made["failed"]))
        self.assert_synced(app, repository, source)
        self.assertNotIn("was ended by", self.worker.text())

    def expect_any(self, *words):
        answer = self.run_producer(*words, "--json")
        self.assertNotEqual(DONE, answer.code, answer)
        return answer.error["text"]


class Schema(ProducerTest):
    def newer(self):
        self.expect(DONE, "migrate")
        self.stores.psql.execute("INSERT INTO reprise.schema_migration (version, name, checksum)"
                                 " VALUES (9998, '9998_of_the_future', 'x')")

    def test_a_newer_schema_is_refused_by_both_programs_with_both_versions(self):
        self.newer()
        text = self.refused(CONFLICT, "apps")
        self.assertRegex(text, r"version 9998.*versions up to \d+.*newer program")
        self.assertEqual(text, self.refused(CONFLICT, "migrate"))
        worker = subprocess.run([programs.program("worker")], env=self.env, capture_output=True, text=True, timeout=60)
        self.assertNotEqual(0, worker.returncode)
        self.assertIn(text, worker.stdout + worker.stderr)

    def test_a_migration_that_was_changed_is_refused(self):
        self.expect(DONE, "migrate")
        self.stores.psql.execute("UPDATE reprise.schema_migration SET checksum = 'x' WHERE version = 1")
        self.assertRegex(self.refused(CONFLICT, "apps"), r"was changed after")

    def test_many_programs_migrate_at_once(self):
        runs = [subprocess.Popen(self.command("migrate", "--json"), env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 text=True) for _ in range(6)]
        said = [run.communicate(timeout=60) for run in runs]
        self.assertEqual([0] * 6, [run.returncode for run in runs], said)
        self.assertEqual("1", self.stores.psql.value("SELECT max(count) FROM (SELECT count(*) FROM reprise.schema_migration"
                                                     " GROUP BY version) by_version"))
        self.ask("apps")


OTHER_KEY = "ab" * 32


class MissingKey(DeliveryTest):
    def test_deliveries_wait_with_a_clear_text_and_go_on_once_it_is_there(self):
        """No try is used for what an operator has forgotten."""
        app, repository, source = self.new_world({"a": b"a\n"})
        self.worker.end_at_once()
        self.start_worker(REPRISE_ENCRYPTION_KEY="")
        eventually(lambda: "no encryption key" in self.worker.text(), "it says so at its start")
        operation = self.ask("resync", app, repository, "--no-wait")["operation_id"]
        error = eventually(lambda: self.link_row(app, repository)["last_error"], "the link says why it waits")
        self.assertRegex(error, r"no encryption key: set REPRISE_ENCRYPTION_KEY")
        self.assertNotIn(self.receiver.key, error + self.worker.text())
        self.assertEqual([("0", error)], self.stores.psql.rows(
            "SELECT failures, last_error FROM reprise.job WHERE operation_id = '%s'" % operation))
        self.worker.end_at_once()
        self.start_worker()
        eventually(lambda: self.link_row(app, repository)["status"] == "synced", "it is synced")
        self.assert_synced(app, repository, source)

    def test_another_key_holds_up_only_what_it_does_not_open(self):
        """No try is used, other jobs of the same worker go on, and the doctor says who needs which key."""
        app, repository, source = self.new_world({"a": b"a\n"})
        self.worker.end_at_once()
        self.start_worker(REPRISE_ENCRYPTION_KEY=OTHER_KEY)
        operation = self.ask("resync", app, repository, "--no-wait")["operation_id"]
        error = eventually(lambda: self.link_row(app, repository)["last_error"], "the link says why it waits")
        self.assertRegex(error, "the key of app %s: neither REPRISE_ENCRYPTION_KEY nor REPRISE_ENCRYPTION_KEY_OLD opens .*: "
                         "set one of them" % app)
        self.assertEqual([("0", error)], self.stores.psql.rows(
            "SELECT failures, last_error FROM reprise.job WHERE operation_id = '%s'" % operation))
        other_app = self.ask("add-app", self.name + " of the other key", self.receiver.url, "--key-stdin",
                             stdin=self.receiver.key, env={"REPRISE_ENCRYPTION_KEY": OTHER_KEY})["app_id"]
        other_link = self.new_link(other_app, source.url)
        self.deliver("resync", other_app, other_link)
        self.assert_synced(other_app, other_link, source)
        self.ask("remove-app", other_app, "--yes")

        self.await_doctor(r"holds another encryption key \([0-9a-f]{16}\) than this program \([0-9a-f]{16}\), which \d+ of the "
                          r"secrets looked at need; their deliveries are put off: set REPRISE_ENCRYPTION_KEY there",
                          of=r"^w_\S+ \(.+, process \d+\)$")
        self.worker.end_at_once()
        self.start_worker()
        eventually(lambda: self.link_row(app, repository)["status"] == "synced", "it is synced")
        self.assert_synced(app, repository, source)
        self.await_doctor(None)

    def test_the_doctor_tells_workers_without_a_key_and_with_half_of_it(self):
        """While the key is changed: some secrets need the new one, some still the old one."""
        changed = {"REPRISE_ENCRYPTION_KEY": OTHER_KEY, "REPRISE_ENCRYPTION_KEY_OLD": self.env["REPRISE_ENCRYPTION_KEY"]}
        self.new_app()
        self.await_doctor("holds another encryption key .* until `producer rekey`", env=changed)
        self.worker.end_at_once()
        self.start_worker(REPRISE_ENCRYPTION_KEY="")
        self.await_doctor("has no encryption key")
        added = self.ask("add-app", self.name + " of the new key", self.receiver.url, "--key-stdin", stdin=self.receiver.key,
                         env=changed)["app_id"]
        self.worker.end_at_once()
        self.start_worker(REPRISE_ENCRYPTION_KEY=OTHER_KEY)
        self.await_doctor(r"lacks the old encryption key \([0-9a-f]{16}\).* run `producer rekey`", env=changed)
        self.await_doctor("opened by none of this program's keys", of="encryption key", env={"REPRISE_ENCRYPTION_KEY": "cd" * 32})
        self.await_doctor("this program has no encryption key", of="encryption key", env={"REPRISE_ENCRYPTION_KEY": ""})
        self.worker.end_at_once()
        self.start_worker(**changed)
        self.await_doctor(None, env=changed)
        self.ask("remove-app", added, "--yes")
        self.worker.end_at_once()
        self.start_worker()

    def await_doctor(self, text, of="^w_", env=None):
        """Until it says this of a key, about that subject, and nothing else about such a one; None: nothing at all."""
        def said():
            told = [(subject, words) for subject, words in self.doctor_on_keys(env) if not text or re.search(of, subject)]
            return not told if text is None else [words for _, words in told if re.search(text, words)] and len(told) == 1
        eventually(said, "the doctor says %r" % text)

    def doctor_on_keys(self, env=None):
        """What it says of keys: of whom, and the text. No key is in it."""
        answer = self.expect(DONE, "doctor", "--json", env=env)
        for key in (self.env["REPRISE_ENCRYPTION_KEY"], OTHER_KEY, "cd" * 32):
            self.assertNotIn(key, answer.out)
        return [(finding["subject"], finding["text"]) for finding in answer.json["findings"]
                if "encryption key" in finding["text"] or finding["subject"] == "encryption key"]

    def test_no_app_is_added_without_it(self):
        answer = self.run_producer("add-app", self.name, self.receiver.url, env={"REPRISE_ENCRYPTION_KEY": ""})
        self.assertNotEqual(DONE, answer.code)
        self.assertIn("encryption.key", answer.err)
        for key in ("short", "zz" * 32):
            answer = self.run_producer("add-app", self.name, self.receiver.url, env={"REPRISE_ENCRYPTION_KEY": key})
            self.assertNotEqual(DONE, answer.code)
            self.assertIn("64 hex digits", answer.err)
            self.assertNotIn(key, answer.err)


if __name__ == "__main__":
    main()
