"""A dashboard that is started where PostgreSQL is not there yet: it listens, says so, and works once PostgreSQL answers."""
import pathlib
import shutil
import signal
import tempfile
import threading

from api import SECRET, Dashboard, DashboardTest, good_claims, jwt, main, password_hash
from harness import eventually, programs, stores

REASON = "PostgreSQL does not answer yet"


class Beginning(DashboardTest):
    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def setUp(self):
        """An empty database whose server is down."""
        self.stores = stores.Stores(durable=False)
        self.addCleanup(lambda: self.stores.stop())
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="reprise-api-"))
        self.addCleanup(shutil.rmtree, self.place, True)
        self.env = programs.environment(self.stores, REPRISE_JWT_SECRET=SECRET)
        self.env["REPRISE_DASHBOARD_PASSWORD_HASH"] = password_hash(self.env)
        self.token = jwt(good_claims())
        self.stores.stop_postgres_at_once()
        self.dashboard = Dashboard(self.env, self.place)
        self.addCleanup(self.dashboard.stop, signal.SIGKILL)

    def postgres_is_back(self):
        self.stores.start_again()
        self.stores.psql = self.stores.new_psql()

    def test_it_listens_says_why_it_cannot_answer_and_goes_on_trying(self):
        self.assertEqual(200, self.call("GET", "/health", token="").status)
        self.assertEqual(200, self.call("GET", "/", token="").status)
        self.assertEqual(200, self.call("GET", "/metrics", token="").status)
        ready = self.call("GET", "/ready", token="")
        self.assertEqual((503, False, False), (ready.status, ready.json["ready"], ready.json["postgres"]))
        replies = [self.call("GET", "/admin/api/apps"), self.login()]
        together = [threading.Thread(target=lambda: replies.append(self.call("POST", "/admin/api/operations/op_x/cancel"))) for _ in range(20)]
        for thread in together:
            thread.start()
        for thread in together:
            thread.join()
        self.assertEqual(22, len(replies))
        for reply in replies:
            self.assertEqual((503, "2"), (reply.status, reply.headers["Retry-After"]), reply)
            self.assertIn(REASON, reply.error)
        self.assertIn("waiting for PostgreSQL", self.dashboard.text())
        self.postgres_is_back()
        eventually(lambda: self.call("GET", "/ready", token="").json["postgres"], "it has found PostgreSQL")
        self.assertEqual([], self.get("/admin/api/apps")["apps"])
        self.assertEqual(200, self.login().status)
        self.assertGreater(len(self.get("/api/workflow-definitions")["definitions"]), 0, "a new database has its definitions")
        self.assertEqual(0, self.dashboard.stop())

    def test_it_ends_when_it_is_told_to_while_it_waits(self):
        self.assertEqual(0, self.dashboard.stop())

    def test_a_schema_that_is_newer_ends_it_with_the_reason_whenever_it_is_seen(self):
        self.assertEqual(0, self.dashboard.stop())
        self.postgres_is_back()
        self.dashboard = Dashboard(self.env, self.place)
        self.get("/admin/api/apps")
        self.dashboard.stop()
        self.stores.psql.execute("INSERT INTO reprise.schema_migration (version, name, checksum) VALUES (9998, 'x', 'x');")
        self.stores.psql.execute("CHECKPOINT;")  # its server is cut off without a chance to write
        self.stores.stop_postgres_at_once()
        self.dashboard = Dashboard(self.env, self.place)
        self.assertIn(REASON, self.refused(503, "GET", "/admin/api/apps"))
        self.postgres_is_back()
        self.assertNotEqual(0, self.dashboard.wait())
        self.assertIn("use a newer program", self.dashboard.text())


del DashboardTest

if __name__ == "__main__":
    main()
