"""What the server answers is what its OpenAPI document says: every route, once with success, on a running installation."""
import re

from api import PASSWORD, USER, DashboardTest, main
from harness import eventually
from openapi import faults

# Routes whose success is looked at elsewhere: a stream, and a text that is no JSON.
ELSEWHERE = {("GET", "/admin/api/events"), ("GET", "/metrics"), ("GET", "/openapi.json")}


class Document(DashboardTest):
    def setUp(self):
        self.document = self.call("GET", "/openapi.json", token="").json
        self.seen = set()

    def ask(self, method, pattern, body=None, query="", token=None, **values):
        """One call whose answer must be as documented; its JSON."""
        about = self.document["paths"][pattern][method.lower()]
        path = re.sub(r"\{(\w+)\}", lambda match: values[match.group(1)], pattern)
        reply = self.call(method, path + query, body, token=token)
        self.assertLess(reply.status, 300, (method, path, reply))
        promised = [one for status, one in about["responses"].items() if status != "default"]
        schema = promised[0]["content"]["application/json"]["schema"]
        self.assertEqual([], faults(self.document, schema, reply.json), (method, path))
        for name in re.findall(r"(\w+)=", query):
            self.assertIn(name, [one["name"] for one in about["parameters"]], (pattern, "takes it, so says it"))
        self.seen.add((method, pattern))
        return reply.json["data"] if pattern.startswith("/admin/") else reply.json

    def sessions(self):
        token = self.ask("POST", "/admin/api/login", {"username": USER, "password": PASSWORD}, token="")["token"]
        self.ask("GET", "/admin/api/session", token=token)
        self.ask("POST", "/admin/api/logout", token=token)

    def registry(self):
        made = self.ask("POST", "/admin/api/apps", {"app_name": "one", "base_url": "https://client.example"})
        app = made["app_id"]
        for number in range(3):
            url = "https://github.com/a/r%d" % number
            link = self.ask("POST", "/admin/api/apps/{app_id}/repositories", {"url": url}, app_id=app)
        self.ask("GET", "/admin/api/apps", query="?limit=5&page=1")
        self.ask("GET", "/admin/api/apps/{app_id}", app_id=app)
        other = self.ask("POST", "/admin/api/apps/{app_id}/key", {}, app_id=app)["client_auth_key"]
        self.assertNotEqual(made["client_auth_key"], other)
        given = self.ask("POST", "/admin/api/apps/{app_id}/key", {"client_auth_key": "k" * 16}, app_id=app)
        self.assertIsNone(given["client_auth_key"])
        self.refused(400, "POST", "/admin/api/apps/%s/key" % app, {"client_auth_key": "short"})
        self.refused(404, "POST", "/admin/api/apps/app_%s/key" % ("0" * 24), {})
        self.ask("DELETE", "/admin/api/apps/{app_id}/repositories/{repository_id}", app_id=app,
                 repository_id=link["repository_id"])
        self.ask("GET", "/admin/api/repositories", query="?app_id=%s&search=r1&status=pending_snapshot" % app)
        return app, self.call("GET", "/admin/api/apps/" + app).data["repositories"][0]["repository_id"]

    def requests(self, app, repository):
        pair = {"app_id": app, "repository_id": repository}
        single = self.ask("POST", "/admin/api/resync", pair)
        self.assertEqual(single["operation_id"] + "/1", single["job_id"])
        order = {"definition": "resync-app", "args": {"app_id": app}}
        preview = self.ask("POST", "/admin/api/operations/preview", order)
        self.assertEqual((2, True), (preview["jobs"], preview["sends_all_again"]))
        bulk = self.ask("POST", "/admin/api/resync/app/{app_id}", {"confirmation": preview["confirmation"]}, app_id=app)
        self.assertEqual(2, bulk["total"])
        self.ask("POST", "/admin/api/resync/all")
        self.ask("POST", "/admin/api/snapshot", pair)
        self.ask("POST", "/admin/api/snapshot/app/{app_id}", app_id=app)
        self.ask("POST", "/admin/api/snapshot/all")
        self.fail_links()
        self.ask("GET", "/admin/api/notifications/failed", query="?app_id=" + app)
        self.ask("POST", "/admin/api/retry", pair)
        self.ask("POST", "/admin/api/retry/app/{app_id}", app_id=app)
        self.ask("POST", "/admin/api/retry/all")
        return bulk["operation_id"]

    def operations(self, operation):
        for verb in ("pause", "resume"):
            self.ask("POST", "/admin/api/operations/{operation_id}/" + verb, operation_id=operation)
        self.ask("GET", "/admin/api/retry/progress/{operation_id}", operation_id=operation)
        self.ask("GET", "/admin/api/operations/{operation_id}", operation_id=operation)
        self.ask("GET", "/admin/api/operations", query="?state=running&limit=2")
        changed = self.ask("POST", "/admin/api/operations/{operation_id}/cancel", operation_id=operation)
        self.assertEqual((True, 2), (changed["cancelled"], changed["never_started"]))
        self.ask("POST", "/admin/api/retry/cancel/{operation_id}", operation_id=operation)
        self.ask("POST", "/admin/api/operations/{operation_id}/retry", operation_id=operation)
        self.worker()
        done = self.ask("POST", "/admin/api/operations", {"definition": "noop", "args": {"count": 40}})["operation_id"]
        eventually(lambda: self.ask("GET", "/admin/api/operations/{operation_id}", operation_id=done)["state"] == "completed",
                   "it is done")
        self.assertEqual(40, len(self.ask("GET", "/admin/api/operations/{operation_id}/outcomes", operation_id=done,
                                          query="?outcome=succeeded")["outcomes"]))
        self.ask("GET", "/admin/api/operations/{operation_id}/errors", operation_id=done, query="?limit=5")
        self.ask("GET", "/admin/api/operations/{operation_id}/jobs", operation_id=done, query="?limit=5")
        job = self.ask("GET", "/admin/api/operations/{operation_id}/jobs/{seq}", operation_id=done, seq="7")
        self.assertEqual(("succeeded", 1, True, done + "/7"), (job["state"], job["tries"], job["of_batch"], job["job_id"]))
        self.ask("GET", "/admin/api/operations", query="?state=with-failures")

    def history(self):
        agents = self.place / "agents" / "adw_1"
        (agents / "adw_planner").mkdir(parents=True)
        (agents / "adw_state.json").write_text('{"adw_id": "adw_1", "status": "completed"}')
        accepted = self.ask("POST", "/api/workflow-history/sync")
        eventually(lambda: self.get("/admin/api/operations/" + accepted["operation_id"])["state"] == "completed", "synced")
        one = self.ask("POST", "/api/workflow-history/resync", query="?adw_id=adw_1&force=true")
        self.assertEqual(1, one["resynced_count"] + len(one["errors"]), one)
        self.ask("POST", "/api/workflow-history/resync", query="?wait=1&status=completed,failed&model=m&template=t&search=text")
        self.assertEqual(202, self.call("POST", "/api/workflow-history/resync?wait=0").status)
        self.what_a_resync_would_do()

        query = "?status=completed&sort_by=start_time&sort_order=asc&limit=5&from=2020-01-01"
        self.assertEqual("adw_1", self.ask("GET", "/api/workflow-history", query=query)["workflows"][0]["adw_id"])
        self.ask("GET", "/api/workflow-history/{adw_id}", adw_id="adw_1")
        self.ask("GET", "/api/workflow-history/analytics")
        self.ask("GET", "/api/workflow-history/trends", query="?days=7&group_by=day&status=completed&model=m&template=t")
        self.ask("GET", "/api/workflow-history/stale")
        self.ask("GET", "/api/workflow-history/stale", query="?max_cost=0.5&min_tokens=10")
        self.refused(400, "GET", "/api/workflow-history?sort_by=nothing")
        self.refused(404, "GET", "/api/workflow-history/adw_2")

    def what_a_resync_would_do(self):
        """A dry run is an operation whose answer can be asked for; it writes nothing."""
        digest = "SELECT count(*), max(updated_at) FROM reprise.workflow_history"
        before = self.stores.psql.rows(digest)
        dry = self.call("POST", "/api/workflow-history/resync?dry_run=true").json["operation_id"]
        eventually(lambda: self.get("/admin/api/operations/" + dry)["state"] == "completed", "looked at")
        self.assertTrue(self.get("/admin/api/operations/" + dry)["dry_run"])
        seen = self.ask("GET", "/api/workflow-history/resync/{operation_id}", operation_id=dry, query="?limit=1")
        self.assertEqual((True, 1, 0), (seen["dry_run"], seen["total_processed"], seen["updated"]))
        self.assertEqual(before, self.stores.psql.rows(digest))
        self.refused(404, "GET", "/api/workflow-history/resync/op_0")

    def definitions(self):
        self.ask("GET", "/api/workflow-definitions", query="?limit=3")
        self.ask("POST", "/api/workflow-definitions/resync")
        for verb in ("archive", "unarchive"):
            self.ask("PATCH", "/api/workflow-definitions/{definition_id}/" + verb, definition_id="noop")
        self.ask("GET", "/api/workflow-definitions/{definition_id}", definition_id="noop")
        self.assertEqual(self.get("/api/workflow-definitions"), self.get("/api/v1/workflow-definitions"))

    def test_every_route_answers_as_it_is_documented(self):
        self.sessions()
        app, repository = self.registry()
        self.operations(self.requests(app, repository))
        self.history()
        self.definitions()
        self.ask("GET", "/admin/api/activity", query="?hours=168")
        for pattern in ("/admin/api/overview", "/admin/api/queue", "/health", "/ready"):
            self.ask("GET", pattern)
        self.ask("DELETE", "/admin/api/apps/{app_id}", app_id=app)
        all_routes = {(method.upper(), path) for path, methods in self.document["paths"].items() for method in methods}
        self.assertEqual(set(), all_routes - self.seen - ELSEWHERE)


Document.settings = {"REPRISE_HISTORY_AGENTS_DIR": "agents"}
del DashboardTest

if __name__ == "__main__":
    main()
