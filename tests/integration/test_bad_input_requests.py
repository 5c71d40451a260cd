"""What any client may push into Redis: every refusal is told with its reason and harms no other request; and that redis-cli is
enough to start an operation, to look at it while it runs, and to cancel it.
"""
import json
import subprocess
import time

from delivering import DeliveryTest
from harness import PREFIX, eventually, main

INBOX, REJECTED = PREFIX + ":inbox", PREFIX + ":inbox:rejected"
APP = "app_0123456789abcdef01234567"


def run(definition, **args):
    return json.dumps({"definition": definition, "args": args})


BAD = {
    "not json": "JSON", "": "JSON", "{\"definition\": ": "JSON", "{\"definition\":\"noop\"} {}": "JSON",
    "{'definition':'noop'}": "JSON", "\x00\x01": "JSON", "\udcff\udcfe": "", "null": "a request is a JSON object",
    "[]": "a request is a JSON object", "42": "a request is a JSON object", "{}": "a request needs \"definition\"",
    json.dumps({"definition": 5}): "\"definition\" must be a string", json.dumps({"definition": ""}): "",
    json.dumps({"definition": "noop", "args": []}): "\"args\" must be an object",
    json.dumps({"definition": "noop", "colour": "red"}): "colour",
    json.dumps({"definition": "x" * 201}): "200 bytes",
    json.dumps({"definition": "noop", "operation_id": "op_1"}): "op_1",
    run("no-such"): "no-such", run("resync-app"): "app_id", run("resync-app", app_id=5): "app_id",
    run("resync-app", app_id=None): "app_id", run("resync-app", app_id=APP, colour="red"): "colour",
    run("resync-app", app_id=APP): "No repositories for this app",
    run("resync-link", app_id=APP, repository_id="repo_0123456789abcdef01234567"): APP,
    run("noop", count="many"): "count", run("noop", count=-1): "count", run("noop", count=1.5): "count",
    run("noop", count=2 ** 70): "64 bit", run("noop", count=[1]): "count",
    json.dumps({"cancel": "op_01HKM0QZ8V5X2W3Y4Z5A6B7C8D"}): "op_01HKM0QZ8V5X2W3Y4Z5A6B7C8D",
    json.dumps({"cancel": 1}): "\"cancel\" must be a string", json.dumps({"pause": "nonsense"}): "nonsense",
    json.dumps({"cancel": "op_01HKM0QZ8V5X2W3Y4Z5A6B7C8D", "resume": "x"}): "resume",
}


class Inbox(DeliveryTest):
    def setUp(self):
        super().setUp()
        self.redis = self.stores.redis
        self.redis("DEL", REJECTED)

    def push(self, item):
        self.redis("RPUSH", INBOX, item)

    def rejection(self, what):
        text = eventually(lambda: self.redis("LRANGE", REJECTED, 0, 0), "%s is rejected" % what)[0]
        self.redis("DEL", REJECTED)
        return json.loads(text)

    def assert_alive(self):
        operation = "op_0" + "%025d" % time.monotonic_ns()
        self.push(json.dumps({"definition": "noop", "args": {"count": 3}, "operation_id": operation}))
        eventually(lambda: self.stores.psql.value("SELECT state FROM reprise.tally WHERE operation_id = '%s'" % operation)
                   == "completed", "a good request is done")
        self.assertTrue(self.worker.is_running())
        self.assertNotIn("was ended by", self.worker.text())

    def test_each_is_rejected_with_its_reason(self):
        for item, reason in BAD.items():
            with self.subTest(item=item[:80]):
                self.push(item)
                rejected = self.rejection(item[:80])
                self.assertIn(reason, rejected["reason"])
                self.assertNotEqual("", rejected["reason"])
                self.assertLessEqual(len(item.encode(errors="surrogateescape")), rejected["bytes"])
        self.assert_alive()

    def test_10_mb(self):
        self.push('{"definition":"noop","args":{"x":"' + "x" * 10_000_000 + '"}}')
        rejected = self.rejection("10 MB")
        self.assertRegex(rejected["reason"], r"1048576|1 MiB")
        self.assertLess(len(json.dumps(rejected)), 2000, "what is kept of it is short")
        self.assert_alive()

    def test_1000_levels(self):
        self.push('{"definition":"noop","args":{"x":' + "[" * 1000 + "]" * 1000 + "}}")
        self.assertRegex(self.rejection("1000 levels")["reason"], r"(?i)deep|levels|nested")
        self.assert_alive()

    def test_many_bad_ones_do_not_hold_up_a_good_one(self):
        self.redis.pipeline([("RPUSH", INBOX, "bad %d" % i) for i in range(2000)])
        self.assert_alive()
        eventually(lambda: self.redis("LLEN", INBOX) == 0, "the inbox is empty")
        kept = self.redis("LLEN", REJECTED)
        self.assertTrue(100 <= kept <= 2000, "%d are kept" % kept)


class RedisCliAlone(DeliveryTest):
    def cli(self, *words):
        return subprocess.run(["redis-cli", "-s", self.stores.redis_socket, *words], check=True, capture_output=True, text=True,
                              timeout=30).stdout.strip()

    def shown(self, operation):
        lines = self.cli("HGETALL", "%s:op:%s" % (PREFIX, operation)).splitlines()
        return dict(zip(lines[::2], lines[1::2]))

    def newest(self, definition):
        return eventually(lambda: self.stores.psql.value(
            "SELECT operation_id FROM reprise.operation WHERE definition = '%s'" % definition), "an operation is there")

    def test_one_is_started_looked_at_and_seen_to_end(self):
        app, repository, source = self.new_world({"f%d" % i: b"%d\n" % i for i in range(10)})
        self.receiver.behave({"mode": "fail", "status": 503, "retry_after": 2, "times": 1})
        self.cli("RPUSH", INBOX, '{"definition":"resync-app","args":{"app_id":"%s"}}' % app)
        operation = self.newest("resync-app")
        running = eventually(lambda: self.shown(operation), "it is shown")
        self.assertEqual(("running", "1"), (running["state"], running["total"]))
        ended = eventually(lambda: (lambda now: now["state"] == "completed" and now)(self.shown(operation)), "it ends")
        self.assertEqual(("1", "0"), (ended["succeeded"], ended["failed"]))
        self.assert_synced(app, repository, source)

    def test_one_is_cancelled_by_its_flag(self):
        operation = "op_01HKM0QZ8V5X2W3Y4Z5A6B7C8D"
        self.cli("RPUSH", INBOX, json.dumps({"definition": "noop", "args": {"count": 100000, "sleep_ms": 1},
                                          "operation_id": operation}))
        eventually(lambda: int(self.shown(operation).get("succeeded", 0)) > 0, "it is at work")
        begun = time.monotonic()
        self.cli("HSET", "%s:op:%s" % (PREFIX, operation), "cancelled", "true")
        eventually(lambda: self.stores.psql.value("SELECT state FROM reprise.tally") == "cancelled", "it is cancelled")
        print("cancelled by its flag within %.1f s" % (time.monotonic() - begun))
        eventually(lambda: self.shown(operation)["state"] == "cancelled", "that is shown")
        told = self.ask("progress", operation)
        ended = eventually(lambda: (lambda now: now["open"] == 0 and now)(self.ask("progress", operation)), "no job is left")
        self.assertEqual((told["succeeded"], ended["total"]), (ended["succeeded"], ended["succeeded"] + ended["cancelled_jobs"]))

    def test_cancelling_an_id_that_is_not_there_leaves_nothing_behind_for_long(self):
        self.cli("HSET", PREFIX + ":op:op_01HKM0QZ8V5X2W3Y4Z5A6B7C8E", "cancelled", "true")
        key = PREFIX + ":op:op_01HKM0QZ8V5X2W3Y4Z5A6B7C8E"
        eventually(lambda: self.cli("TTL", key) != "-1", "the key expires or is gone", timeout_s=80)


if __name__ == "__main__":
    main()
