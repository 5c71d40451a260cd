"""Asking for work over the API: what is previewed, confirmed, refused, repeated, cancelled half-way and retried."""
from api import DashboardTest, good_claims, jwt, main
from harness import eventually

PREVIEW = "/admin/api/operations/preview"


class Requests(DashboardTest):
    def setUp(self):
        self.stores.psql.execute("TRUNCATE reprise.apps, reprise.repositories, reprise.job, reprise.tally,"
                                 " reprise.operation CASCADE;")

    def links(self, count, app=None):
        app = app or self.app()
        self.stores.psql.execute(
            "INSERT INTO reprise.repositories (repository_id, url, owner, name)"
            " SELECT 'repo_' || lpad(i::text, 24, '0'), 'https://github.com/o/' || i, 'o', i::text FROM generate_series(1, %d) i"
            " ON CONFLICT DO NOTHING;"
            "INSERT INTO reprise.app_repositories (app_id, repository_id)"
            " SELECT '%s', 'repo_' || lpad(i::text, 24, '0') FROM generate_series(1, %d) i ON CONFLICT DO NOTHING;"
            % (count, app, count))
        return app

    def noop(self, count):
        reply = self.call("POST", "/admin/api/operations", {"definition": "noop", "args": {"count": count}})
        return reply.data["operation_id"]

    def preview(self, app, **more):
        reply = self.call("POST", PREVIEW, {"definition": "resync-app", "args": {"app_id": app}}, **more)
        self.assertEqual(200, reply.status, reply)
        return reply.data

    def resync(self, app, confirmation, **more):
        return self.call("POST", "/admin/api/resync/app/" + app, {"confirmation": confirmation}, **more)

    def test_a_preview_does_nothing_and_its_token_confirms(self):
        app = self.links(40)
        preview = self.preview(app)
        self.assertEqual(40, preview["jobs"])
        self.assertEqual(0, self.stores.psql.number("SELECT count(*) FROM reprise.operation"))
        self.assertEqual(40, self.resync(app, preview["confirmation"]).data["total"])

    def test_a_confirmation_is_for_one_thing_one_person_and_one_size(self):
        app, other = self.links(40), self.links(40, self.app("other"))
        good = self.preview(app)["confirmation"]
        for wrong in ("", "x", good[:-1] + ("0" if good[-1] != "0" else "1"), good + "0", "1" + good, good.replace(".40.", ".41.")):
            self.assertEqual(400, self.resync(app, wrong).status, wrong)
        self.assertEqual(400, self.resync(other, good).status)
        self.assertEqual(400, self.resync(app, good, token=jwt(good_claims(sub="another caller"))).status)
        self.links(42, app)
        self.assertEqual(42, self.resync(app, good).data["total"], "two more are within the margin")
        self.links(80, app)
        reply = self.resync(app, good)
        self.assertEqual(409, reply.status)
        self.assertIn("80", reply.error)

    def test_the_same_request_twice_is_one_operation(self):
        app = self.links(1)
        pair = {"app_id": app, "repository_id": "repo_" + "1".rjust(24, "0")}
        first, second = (self.call("POST", "/admin/api/resync", pair).data for _ in range(2))
        self.assertEqual((first["operation_id"], False, True), (second["operation_id"], first["repeated"], second["repeated"]))
        self.assertEqual(first["job_id"], second["job_id"])
        self.assertEqual("Re-sync queued", first["message"])

    def test_a_snapshot_is_asked_for_whatever_the_status_and_sends_not_all_again(self):
        app = self.links(2)
        pair = {"app_id": app, "repository_id": "repo_" + "1".rjust(24, "0")}
        preview = self.call("POST", "/admin/api/operations/preview", {"definition": "snapshot-link", "args": pair}).data
        self.assertEqual((1, None, False), (preview["jobs"], preview["files"], preview["sends_all_again"]))
        self.assertEqual("Snapshot queued", self.call("POST", "/admin/api/snapshot", pair).data["message"])
        self.assertEqual(2, self.call("POST", "/admin/api/snapshot/app/" + app).data["total"])
        self.assertEqual(2, self.call("POST", "/admin/api/snapshot/all").data["total"])
        self.refused(404, "POST", "/admin/api/snapshot", {**pair, "repository_id": "repo_x"})
        self.refused(404, "POST", "/admin/api/snapshot/app/app_x")

    def test_what_cannot_be_done_is_refused(self):
        app = self.links(1)
        pair = {"app_id": app, "repository_id": "repo_" + "1".rjust(24, "0")}
        for body in ({}, {"app_id": app}, {"repository_id": "x"}, {"app_id": 1, "repository_id": 2}, {**pair, "more": 1}):
            self.refused(400, "POST", "/admin/api/resync", body)
        self.refused(404, "POST", "/admin/api/resync", {**pair, "repository_id": "repo_x"})
        self.refused(409, "POST", "/admin/api/retry", pair)
        self.assertIn("No repositories for this app", self.refused(404, "POST", "/admin/api/resync/app/app_x"))
        for path in ("/admin/api/retry/app/" + app, "/admin/api/retry/all"):
            self.refused(404, "POST", path)
        for path in ("progress", "cancel"):
            method = "GET" if path == "progress" else "POST"
            self.assertEqual("Operation not found or expired", self.refused(404, method, "/admin/api/retry/%s/op_x" % path))
        for verb in ("cancel", "pause", "resume", "retry"):
            self.refused(404, "POST", "/admin/api/operations/op_x/" + verb)
        self.refused(404, "POST", "/admin/api/operations", {"definition": "no-such"})
        self.refused(400, "POST", "/admin/api/operations", {"definition": "noop", "args": {"count": -1}})
        self.refused(404, "DELETE", "/admin/api/apps/app_x")

    def test_a_request_with_an_idempotency_key_is_one_operation_however_often_it_is_sent(self):
        order = {"definition": "noop", "args": {"count": 2}}
        send = lambda key, body=order, **more: self.call("POST", "/admin/api/operations", body, headers={"Idempotency-Key": key}, **more)
        first, again = send("order 7").data, send("order 7").data
        self.assertEqual((first["operation_id"], False, True), (again["operation_id"], first["repeated"], again["repeated"]))
        other = send("order 8").data["operation_id"]
        self.assertEqual(first["operation_id"], other, "equal requests that wait are one anyway")
        self.call("POST", "/admin/api/operations/%s/cancel" % other)
        self.assertEqual(first["operation_id"], send("order 7").data["operation_id"], "also when it has ended")
        self.assertEqual(other, send("order 8").data["operation_id"], "also for the one that joined")
        self.assertNotEqual(other, send("order 9").data["operation_id"])
        self.assertEqual(409, send("order 7", {"definition": "noop", "args": {"count": 3}}).status)
        for bad in ("", "x" * 300):
            self.assertEqual(400, send(bad).status, bad)

    def test_a_client_may_choose_the_operations_id(self):
        order = {"definition": "noop", "args": {"count": 2}, "operation_id": "op_01M8QXP5YHVXQWER97AW5AA4A7"}
        first, again = (self.call("POST", "/admin/api/operations", order).data for _ in range(2))
        self.assertEqual((order["operation_id"], False), (first["operation_id"], first["repeated"]))
        self.assertEqual((order["operation_id"], True), (again["operation_id"], again["repeated"]))
        self.refused(409, "POST", "/admin/api/operations", {**order, "args": {"count": 3}})
        self.refused(400, "POST", "/admin/api/operations", {**order, "operation_id": "op_mine"})

    def test_a_worker_without_a_beat_is_silent_for_a_minute_and_then_has_ended(self):
        redis = self.stores.redis
        now = int(redis("TIME")[0]) * 1000
        redis("ZADD", "{reprise}:workers", now - 20000, "w_01M8QXP5YHVXQWER97AW5AA4A7", now - 90000, "w_01M8QXP5YHVXQWER97AW5AA4A8")
        states = {one["worker"]: one["state"] for one in self.get("/admin/api/queue")["workers"]}
        redis("ZREM", "{reprise}:workers", "w_01M8QXP5YHVXQWER97AW5AA4A7", "w_01M8QXP5YHVXQWER97AW5AA4A8")
        self.assertEqual(("silent", "ended"), (states["w_01M8QXP5YHVXQWER97AW5AA4A7"], states["w_01M8QXP5YHVXQWER97AW5AA4A8"]))

    def test_what_waits_for_its_time_is_no_operation_that_has_ended(self):
        ended, open_one = self.noop(3), self.noop(4)
        self.call("POST", "/admin/api/operations/%s/cancel" % ended)
        at = int(self.stores.redis("TIME")[0]) * 1000 + 600000
        self.stores.redis("ZADD", "{reprise}:delayed:history", at, ended, at, open_one)
        delayed = [one["operation_id"] for one in self.get("/admin/api/queue")["delayed"]]
        self.assertIn(open_one, delayed)
        self.assertNotIn(ended, delayed)

    def test_without_a_live_worker_no_rate_and_no_time_left_are_told(self):
        path = "/admin/api/operations/" + self.noop(5)
        eventually(lambda: self.get(path)["live_workers"] == 0, "no worker is alive")
        self.assertEqual((None, None), (self.get(path)["rate_per_s"], self.get(path)["eta_s"]))

    def test_state_changes_that_make_no_sense_conflict(self):
        operation = self.noop(3)
        base = "/admin/api/operations/%s/" % operation
        self.refused(409, "POST", base + "resume")
        self.refused(409, "POST", base + "retry")
        self.assertEqual("paused", self.call("POST", base + "pause").data["state"])
        self.refused(409, "POST", base + "pause")
        self.assertEqual("running", self.call("POST", base + "resume").data["state"])
        cancelled = self.call("POST", base + "cancel").data
        self.assertEqual(("cancelled", 0, 3), (cancelled["state"], cancelled["completed"], cancelled["never_started"]))
        self.assertEqual(200, self.call("POST", base + "cancel").status, "twice is the same")
        for verb in ("pause", "resume"):
            self.refused(409, "POST", base + verb)

    def test_cancelled_half_way_the_counts_are_exact_and_stay(self):
        self.worker()
        operation = self.noop(400000)
        progress = "/admin/api/retry/progress/" + operation
        eventually(lambda: self.get(progress)["completed"] > 0, "it has begun", every_s=0.002)
        reply = self.call("POST", "/admin/api/retry/cancel/" + operation)
        if reply.status == 409:
            self.skipTest("it had ended before it could be cancelled")
        done = reply.data
        self.assertEqual(done["total"], done["completed"] + done["never_started"])
        self.assertEqual(done["completed"], self.stores.psql.number(
            "SELECT count(*) FROM reprise.job_outcome WHERE operation_id = '%s'" % operation))
        self.assertEqual((done["completed"], True), (self.get(progress)["completed"], self.get(progress)["cancelled"]))
        again = self.call("POST", "/admin/api/operations/%s/retry" % operation)
        self.assertEqual(200, again.status, "what was cancelled can be asked for again")
        self.call("POST", "/admin/api/operations/%s/cancel" % again.data["operation_id"])


del DashboardTest

if __name__ == "__main__":
    main()
