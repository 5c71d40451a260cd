"""/metrics: the text format, the counters of real work, and that a scrape costs the same whatever there is to count."""
import re
import time

from api import DashboardTest, jwt, good_claims, main
from harness import eventually

SAMPLE = re.compile(r'^([a-z_]+)(\{(?:[a-z_]+="[^"\\]*",?)*\})? (\S+)$')


def parse(text):
    """{name: {labels: value}}; asserts that each family is announced once and stands together."""
    found, family, announced = {}, None, set()
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            family = line.split()[2]
            assert family not in announced, "twice: " + family
            announced.add(family)
        elif not line.startswith("#"):
            match = SAMPLE.match(line)
            assert match, "no sample: " + line
            name, labels, value = match.groups()
            assert re.sub("_(bucket|sum|count)$", "", name) in (family, name) and name.startswith(family), (family, line)
            found.setdefault(name, {})[labels or ""] = float(value)
    return found


class Metrics(DashboardTest):
    def scrape(self):
        reply = self.call("GET", "/metrics", token="")
        self.assertEqual((200, "text/plain; version=0.0.4; charset=utf-8"), (reply.status, reply.headers["Content-Type"]))
        return parse(reply.body.decode())

    def outcome(self, **labels):
        """The sum over workers of the outcomes with these labels."""
        wanted = ['%s="%s"' % pair for pair in labels.items()]
        return sum(value for key, value in self.scrape().get("reprise_job_outcomes_total", {}).items()
                   if all(one in key for one in wanted))

    def test_work_is_counted_by_kind_and_outcome(self):
        self.assertEqual(0, self.scrape()["reprise_workers"][""])
        self.worker()
        self.call("POST", "/admin/api/operations", {"definition": "noop", "args": {"count": 3000}})
        eventually(lambda: self.outcome(kind="noop", outcome="succeeded") == 3000, "3000 outcomes are counted")
        found = self.scrape()
        self.assertEqual(0, self.outcome(outcome="failed"))
        self.assertEqual(1, found["reprise_workers"][""])
        self.assertEqual({1.0}, set(found["reprise_store_up"].values()))
        for name in ("reprise_chunk_seconds", "reprise_settle_seconds"):
            count = sum(found[name + "_count"].values())
            infinite = sum(value for key, value in found[name + "_bucket"].items() if "+Inf" in key)
            self.assertEqual((count, True), (infinite, count >= 3), name)
        self.assertEqual(2, len(found["reprise_queue_chunks"]))

    def test_what_the_installation_has_done_outlives_who_did_it(self):
        worker = self.worker()
        before = self.scrape().get("reprise_outcomes_total", {}).get('{kind="noop",outcome="succeeded"}', 0)
        done = self.call("POST", "/admin/api/operations", {"definition": "noop", "args": {"count": 2000}}).data
        eventually(lambda: self.get("/admin/api/operations/" + done["operation_id"])["state"] == "completed", "it is done")
        worker.drain()
        eventually(lambda: self.scrape()["reprise_workers"][""] == 0, "no worker is alive")
        found = self.scrape()
        self.assertEqual({}, {key: value for key, value in found.get("reprise_job_outcomes_total", {}).items()})
        self.assertEqual(before + 2000, found["reprise_outcomes_total"]['{kind="noop",outcome="succeeded"}'])
        self.assertEqual(0, found["reprise_files_total"][""])
        kinds = self.get("/admin/api/activity?hours=1")["kinds"]
        self.assertGreaterEqual({one["kind"]: one["succeeded"] for one in kinds}["noop"], 2000)

    def test_http_is_counted_by_route_and_status(self):
        def count():
            return self.scrape()["reprise_http_requests_total"].get(
                '{method="GET",route="/admin/api/apps/{app_id}",status="4xx"}', 0)

        before = count()
        for number in range(3):
            self.refused(404, "GET", "/admin/api/apps/no-%d" % number)
        eventually(lambda: count() == before + 3, "three refusals are counted, under one route")

    def test_a_forged_heartbeat_cannot_forge_a_series(self):
        redis = self.stores.redis
        now = int(redis("TIME")[0]) * 1000
        redis("ZADD", "{reprise}:workers", now + 60000, "w_forged")
        redis("SET", "{reprise}:worker:w_forged",
              '{"counts":{"outcomes":{"a\\"} 1\\nx{b=\\"":{"c":1}},"retries":[1],"chunk":{"buckets":[1,2]}},"running":"x"}')
        try:
            self.assertNotIn("x", self.scrape())
        finally:
            redis("DEL", "{reprise}:worker:w_forged")
            redis("ZREM", "{reprise}:workers", "w_forged")

    def test_a_scrape_is_quick_beside_a_million_jobs(self):
        self.stores.psql.execute(
            "INSERT INTO reprise.operation (operation_id, definition, digest, args, subject, phases, queue, chunk, \"window\","
            " request_key) VALUES ('op_big', 'noop', 'd', '{}', 's', '[]', 'history', 10, 3, '\\x01');"
            "INSERT INTO reprise.tally (operation_id, state, planned, total, last_seq)"
            " VALUES ('op_big', 'paused', true, 1000000, 1000000);"
            "INSERT INTO reprise.job (operation_id, seq, phase, kind, key)"
            " SELECT 'op_big', i, 0, 'noop', i::text FROM generate_series(1, 200000) i;")
        times = []
        for _ in range(9):
            began = time.monotonic()
            open_jobs = self.scrape()["reprise_open_jobs"]
            times.append(time.monotonic() - began)
        self.assertGreaterEqual(open_jobs['{queue="history"}'], 1000000)
        self.assertLess(sorted(times)[4], 0.25)


class Elsewhere(DashboardTest):
    """Not bound to loopback alone: then it wants a caller."""

    bound_to = "0.0.0.0:0"

    def test_it_wants_a_token_there(self):
        self.refused(401, "GET", "/metrics", token="")
        self.assertEqual(200, self.call("GET", "/metrics", token=jwt(good_claims())).status)
        self.assertEqual(200, self.call("GET", "/health", token="").status)


del DashboardTest

if __name__ == "__main__":
    main()
