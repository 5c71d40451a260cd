"""Stores other than assumed: a pooler in front of PostgreSQL with a role that has settings of its own, where times must be right
all the same; a pooler that keeps no session; a database that keeps texts in another encoding.
"""
import datetime

from harness import CONFLICT, DONE, FAILED, PREFIX, UNREACHABLE, USAGE, ProducerTest, eventually, main, programs
from reprise_testing.pooler import Pooler
from reprise_testing.psql import Psql

OTHERWISE = {"TimeZone": "Asia/Kolkata", "DateStyle": "SQL, DMY", "bytea_output": "escape", "search_path": "public",
             "default_transaction_isolation": "serializable", "IntervalStyle": "sql_standard", "statement_timeout": "0",
             "client_encoding": "LATIN1", "extra_float_digits": "-3", "standard_conforming_strings": "off",
             "default_transaction_deferrable": "on", "row_security": "off"}
NEAR = datetime.timedelta(minutes=10)  # a zone is off by half an hour at least


class PoolerTest(ProducerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        psql = Psql(str(cls.stores.directory), "postgres")
        psql.execute("CREATE ROLE odd LOGIN SUPERUSER;")
        for name, value in OTHERWISE.items():
            psql.execute("ALTER ROLE odd SET %s = '%s';" % (name, value) if name != "search_path" else
                         "ALTER ROLE odd SET search_path = %s;" % value)
        psql.close()

    def through(self, mode, **more):
        pooler = Pooler(self.stores, "odd", mode, **more)
        self.addCleanup(pooler.stop)
        self.env = {**self.env, "REPRISE_POSTGRES_URL": pooler.url("reprise")}

    def worker(self):
        worker = programs.Worker(self.env, self.place / "worker.log")
        self.addCleanup(worker.end_at_once)
        return worker


class SessionMode(PoolerTest):
    def assert_now(self, text):
        self.assertRegex(text, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
        said = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
        self.assertLess(abs(datetime.datetime.now(datetime.timezone.utc) - said), NEAR, text)

    def test_times_are_right_whatever_the_role_has_set(self):
        self.through("session")
        self.expect(DONE, "migrate")
        worker = self.worker()
        operation = self.ask("run", "noop", "count=20", "fail_every=7", "--yes")["operation_id"]
        eventually(lambda: self.ask("progress", operation)["state"] == "completed", "it is done")
        shown = self.ask("progress", operation)
        for time in (shown["created_at"], shown["finished_at"], self.ask("operations")["operations"][0]["created_at"],
                     self.ask("outcomes", operation)["outcomes"][0]["finished_at"],
                     self.stores.redis("HGET", PREFIX + ":op:" + operation, "created_at"),
                     self.ask("definition", "noop")["versions"][0]["in_force_since"]):
            self.assert_now(time)
        told = self.expect(DONE, "doctor", "--deep").out
        self.assertNotIn("pooler", told)
        self.assertNotIn("clock", told)
        self.assertEqual(0, worker.drain())
        self.assertNotIn("ERROR", worker.text())

    def test_a_pooler_that_refuses_the_options_is_explained(self):
        self.through("session", more="")
        answer = self.expect(UNREACHABLE, "operations", "--json")
        self.assertIn("ignore_startup_parameters = options", answer.error["text"])


class TransactionMode(PoolerTest):
    def test_a_pooler_that_keeps_no_session_is_refused_and_told(self):
        direct = self.env
        self.expect(DONE, "migrate")
        self.through("transaction")
        worker = self.worker()
        self.assertEqual(USAGE, worker.wait(60))
        self.assertRegex(worker.text(), r"postgres\.url: a pooler in transaction mode.*session mode")
        told = self.expect(FAILED, "doctor").out
        self.assertRegex(told, r"violation +PostgreSQL: postgres\.url: a pooler in transaction mode")
        self.assertEqual(0, self.stores.psql.number("SELECT count(*) FROM reprise.operation"))
        self.env = direct
        self.expect(DONE, "doctor")

    def test_settings_that_are_lost_at_once_are_told(self):
        """As a pooler does that cleans up after each transaction."""
        self.expect(DONE, "migrate")
        self.through("transaction", more="ignore_startup_parameters = options\nserver_reset_query_always = 1")
        for command in ("doctor", "operations"):
            answer = self.run_producer(command)
            self.assertNotEqual(DONE, answer.code, answer)
            self.assertRegex(answer.out + answer.err, r"pooler in transaction mode.*session mode")


class Encodings(ProducerTest):
    def test_another_encoding_is_refused_by_whatever_makes_the_schema(self):
        psql = Psql(str(self.stores.directory), "postgres")
        self.addCleanup(psql.close)
        for encoding in ("LATIN1", "SQL_ASCII", "EUC_JP"):
            name = "in_" + encoding.lower()
            psql.execute("CREATE DATABASE %s ENCODING '%s' LOCALE 'C' TEMPLATE template0" % (name, encoding))
            env = {"REPRISE_POSTGRES_URL": self.env["REPRISE_POSTGRES_URL"].replace("/reprise?", "/%s?" % name)}
            told = r"the database %s keeps texts as %s, and Reprise needs UTF8; make another one: createdb" % (name, encoding)
            for words in (("migrate",), ("run", "noop", "count=1", "--yes"), ("operations",)):
                answer = self.expect(CONFLICT, *words, "--json", env=env)
                self.assertRegex(answer.error["text"], told)
            worker = programs.Worker({**self.env, **env}, self.place / (name + ".log"))
            self.addCleanup(worker.end_at_once)
            self.assertEqual(CONFLICT, worker.wait(60))
            self.assertRegex(worker.text(), told)
            other = Psql(str(self.stores.directory), name)
            self.addCleanup(other.close)
            self.assertEqual("0", other.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'reprise'"), "nothing is left")
            other.close()


if __name__ == "__main__":
    main()
