"""The webhook of changed costs: each change is told, signed, at least once and by the same key; a receiver that is away is
tried again, and one that is not allowed is not asked."""
import hashlib
import hmac
import http.server
import json
import pathlib
import re
import shutil
import threading

from harness import DONE, FAILED, eventually, main, programs
from history_runs import HistoryTest
from reprise_testing.stores import ROOT

KEY = "webhook-test-key"


class Told(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.told.append((dict(self.headers), body))
        self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
        self.end_headers()

    def log_message(self, *_):
        pass


class Webhook(HistoryTest):
    def setUp(self):
        super().setUp()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Told)
        self.server.told, self.server.answers = [], []
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        definitions = self.place / "definitions"
        shutil.copytree(ROOT / "definitions", definitions)
        file = pathlib.Path(definitions / "deliver-cost-webhooks.yaml")
        # By hand in these tests, and without patience.
        file.write_text(re.sub(r"base: 2s, max: 10m", "base: 20ms, max: 100ms", file.read_text()).replace("schedule: {every: 10s}", ""))
        self.env.update(REPRISE_DEFINITIONS_DIR=str(definitions), REPRISE_DELIVER_ALLOW_PRIVATE="127.0.0.1",
                        REPRISE_HISTORY_WEBHOOK_URL="http://127.0.0.1:%d/costs" % self.server.server_address[1],
                        REPRISE_HISTORY_WEBHOOK_KEY=KEY)
        self.start_worker()

    def deliver(self, code=DONE):
        return self.expect(code, "run", "deliver-cost-webhooks", "--yes", "--watch")

    def waiting(self):
        return self.stores.psql.number("SELECT count(*) FROM reprise.cost_webhook")

    def change(self, runs=1):
        """A known cost becomes another one."""
        for number in range(runs):
            self.write_run("run%d" % number, 1.0)
        self.sync()
        self.sql("DELETE FROM reprise.cost_webhook")
        for number in range(runs):
            self.set_cost("run%d" % number, "9.99")
        self.expect(DONE, "resync-costs", "--yes", "--watch")
        self.assertEqual(runs, self.waiting())

    def test_a_change_is_told_and_signed(self):
        self.change()
        self.deliver()
        self.assertEqual(0, self.waiting())
        (headers, body), = self.server.told
        content = json.loads(body)
        self.assertRegex(content.pop("at"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertEqual({"adw_id": "run0", "old_cost": 9.99, "new_cost": 1, "reason": "resync"}, content)
        expected = hmac.new(KEY.encode(), headers["X-Docora-Timestamp"].encode() + b"." + body, hashlib.sha256).hexdigest()
        self.assertEqual("sha256=" + expected, headers["X-Docora-Signature"])
        self.assertRegex(headers["Idempotency-Key"], "^[0-9a-f]{64}$")

    def test_a_receiver_in_trouble_is_asked_again_by_the_same_key(self):
        self.server.answers += [503, 500]
        self.change()
        self.deliver()
        self.assertEqual(0, self.waiting())
        self.assertEqual(3, len(self.server.told))
        self.assertEqual(1, len({headers["Idempotency-Key"] for headers, _ in self.server.told}))

    def test_many_changes_have_keys_of_their_own(self):
        self.change(runs=40)
        self.deliver()
        self.assertEqual(40, len({headers["Idempotency-Key"] for headers, _ in self.server.told}))
        self.assertEqual(40, len(self.server.told))

    def test_in_the_end_it_is_given_up(self):
        self.server.answers += [500] * 100
        self.change()
        self.deliver(FAILED)
        self.assertEqual(0, self.waiting())
        self.assertEqual(8, len(self.server.told))

    def test_a_death_after_the_answer_tells_it_twice(self):
        points = programs.fault_points(["history.webhook_"])
        self.assertIn("history.webhook_settle", points)
        for point in points:
            with self.subTest(point=point):
                self.server.told.clear()
                self.change()
                self.end_workers()
                worker = self.start_worker(REPRISE_FAULT=point + ":1:kill")
                self.deliver()
                self.assertIn("was ended by signal 9", worker.text())
                self.assertEqual(0, self.waiting())
                self.assertEqual(2, len(self.server.told))
                self.assertEqual(1, len({headers["Idempotency-Key"] for headers, _ in self.server.told}))

    def test_a_private_address_is_refused_unless_allowed(self):
        self.change()
        self.end_workers()
        self.start_worker(REPRISE_DELIVER_ALLOW_PRIVATE="")
        self.deliver(FAILED)
        self.assertEqual([], self.server.told)

    def test_without_a_key_nothing_is_sent(self):
        self.change()
        self.end_workers()
        self.start_worker(REPRISE_HISTORY_WEBHOOK_KEY="")
        answer = self.deliver(FAILED)
        self.assertEqual([], self.server.told)
        operation = self.ask("operations")["operations"][0]["operation_id"]
        self.assertIn("history.webhook_key is not set", self.ask("outcomes", operation)["outcomes"][0]["error"], answer)

    def test_a_sync_tells_too(self):
        self.write_run("run0", 1.0)
        self.sync()
        self.write_run("run0", 2.0)
        self.sync()
        self.deliver()
        reasons = sorted((json.loads(body)["old_cost"] or 0, json.loads(body)["new_cost"], json.loads(body)["reason"])
                         for _, body in self.server.told)
        self.assertEqual([(0, 1, "sync_final"), (1, 2, "sync_final")], reasons)

    def test_where_nothing_waits_there_is_nothing_to_do(self):
        self.assertEqual(3, self.run_producer("run", "deliver-cost-webhooks", "--yes").code)


class Scheduled(HistoryTest):
    def test_workers_start_it_by_themselves(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Told)
        server.told, server.answers = [], []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.env.update(REPRISE_DELIVER_ALLOW_PRIVATE="127.0.0.1", REPRISE_HISTORY_WEBHOOK_KEY=KEY,
                        REPRISE_SCHEDULE_ENABLED="true",
                        REPRISE_HISTORY_WEBHOOK_URL="http://127.0.0.1:%d/" % server.server_address[1])
        self.start_worker()
        self.write_run("run", 1.0)
        self.sync()
        eventually(lambda: server.told, "the change is told", timeout_s=40)


if __name__ == "__main__":
    main()
