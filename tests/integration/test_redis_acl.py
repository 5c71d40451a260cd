"""The access rules for Redis that docs/operating.md gives: with them the programs do all of their work, and no other program's."""
import pathlib
import re

from harness import DONE, PREFIX, ProducerTest, eventually, main, programs
from reprise_testing.stores import ROOT

PASSWORD = "sesame"


def documented_rules():
    """{user: its rules}, as the document's indented lines have them."""
    text = (ROOT / "docs" / "operating.md").read_text()
    found = re.findall(r"^ {6}ACL SETUSER (\w+) (.*\n(?: {10}.*\n)*)", text, re.MULTILINE)
    return {user: rules.replace(">…", ">" + PASSWORD).split() for user, rules in found}


class Rules(ProducerTest):
    def setUp(self):
        super().setUp()
        for user, rules in documented_rules().items():
            self.stores.redis("ACL", "SETUSER", user, *rules)
            self.addCleanup(self.stores.redis, "ACL", "DELUSER", user)
        self.stores.redis("ACL", "LOG", "RESET")
        self.env["REPRISE_REDIS_URL"] = self.env["REPRISE_REDIS_URL"].replace("unix://", "unix://reprise:%s@" % PASSWORD)
        self.ask("migrate")
        self.worker = programs.Worker(self.env, pathlib.Path(self.place) / "worker.log")
        self.addCleanup(self.worker.end_at_once)
        eventually(lambda: any(worker["alive"] for worker in self.ask("workers")["workers"]), "a worker is alive")

    def as_poller(self, *words):
        redis = self.stores.new_redis()
        try:
            redis("AUTH", "poller", PASSWORD)
            return redis(*words)
        finally:
            redis.close()

    def assert_refused(self, *words):
        with self.assertRaisesRegex(Exception, "NOPERM", msg=words):
            self.as_poller(*words)

    def test_the_programs_do_all_their_work_by_theirs(self):
        done = self.ask("run", "noop", "count=3000", "fail_every=100")["operation_id"]
        self.run_producer("progress", done, "--watch")
        paused = self.ask("run", "noop", "count=3000", "sleep_ms=20")["operation_id"]
        self.expect(DONE, "pause", paused)
        self.stores.redis("DEL", PREFIX + ":epoch")
        eventually(lambda: "rebuilt from PostgreSQL" in self.worker.text().split("was empty", 1)[-1], "it is rebuilt")
        self.expect(DONE, "resume", paused)
        self.expect(DONE, "cancel", paused)
        self.expect(DONE, "doctor", "--deep")
        self.assertEqual([], self.stores.redis("ACL", "LOG"))
        self.assertNotIn("maintenance waits", self.worker.text())

    def test_a_poller_follows_asks_and_cancels_and_no_more(self):
        self.as_poller("RPUSH", PREFIX + ":inbox", '{"definition":"noop","args":{"count":100000,"sleep_ms":50}}')
        operation = eventually(lambda: self.ask("operations")["operations"], "it is accepted")[0]["operation_id"]
        key = PREFIX + ":op:" + operation
        eventually(lambda: self.as_poller("HGET", key, "state") == "running", "it runs")
        self.as_poller("HSET", key, "cancelled", "true")
        eventually(lambda: self.as_poller("HGET", key, "state") == "cancelled", "it is cancelled")
        for words in (("GET", PREFIX + ":epoch"), ("DEL", key), ("RPUSH", PREFIX + ":queue:history", "x"),
                      ("HSET", PREFIX + ":worker:x", "a", "b"), ("KEYS", "*"), ("FLUSHALL",)):
            self.assert_refused(*words)


if __name__ == "__main__":
    main()
