"""Two installations on one Redis and prefix: the second is refused everywhere, in words that say what to do, and takes nothing of
the first. A Redis that was wiped has no owner; a database that was copied or moved is found out, and a person decides.
"""
import subprocess

from api import SECRET, Dashboard, good_claims, jwt, password_hash
from harness import CONFLICT, DONE, FAILED, PREFIX, ProducerTest, eventually, main, programs
from reprise_testing.psql import Psql
from reprise_testing.stores import _SCRIPT

OTHERS = r"Redis under the prefix \{reprise\} belongs to another installation \([0-9a-f]{8}; this one is [0-9a-f]{8}\)"
COPY = r"belongs to the database that this one is a copy of"
WAY_OUT = r"a redis\.prefix of its own.*producer adopt-redis"
REFUSED_WITHIN_S = 30


class TwoInstallations(ProducerTest):
    def setUp(self):
        super().setUp()
        self.expect(DONE, "migrate")

    def database(self, name, template=None):
        """The settings of programs that use another database and the same Redis."""
        arguments = ["createdb", str(self.stores.directory), name] + ([template] if template else [])
        self.stores.psql.close()  # a database that is copied must not be in use
        subprocess.run([str(_SCRIPT), *arguments], check=True)
        self.addCleanup(subprocess.run, [str(_SCRIPT), "dropdb", str(self.stores.directory), name], check=True)
        return {**self.env, "REPRISE_POSTGRES_URL": self.env["REPRISE_POSTGRES_URL"].replace("/reprise?", "/%s?" % name)}

    def start(self, env, name):
        worker = programs.Worker(env, self.place / ("%s.log" % name))
        self.addCleanup(worker.end_at_once)
        return worker

    def first(self):
        worker = self.start(self.env, "first")
        eventually(lambda: self.stores.redis("KEYS", PREFIX + ":worker:*"), "the first installation's worker beats")
        eventually(lambda: self.stores.redis("EXISTS", PREFIX + ":epoch"), "and has made Redis its own")
        return worker

    def operations(self, env):
        psql = Psql(str(self.stores.directory), env["REPRISE_POSTGRES_URL"].split("///")[1].split("?")[0])
        self.addCleanup(psql.close)
        return psql.number("SELECT count(*) FROM reprise.operation")

    def assert_worker_is_refused(self, env, name, reason):
        worker = self.start(env, name)
        self.assertEqual(CONFLICT, worker.wait(REFUSED_WITHIN_S))
        self.assertRegex(worker.text(), reason + r".*" + WAY_OUT)

    def test_the_second_is_refused_by_every_program_and_takes_nothing_of_the_first(self):
        first, second = self.first(), self.database("second")
        self.expect(DONE, "migrate", env=second)
        self.assert_worker_is_refused(second, "second", OTHERS)
        for words in (("run", "noop", "count=3", "--yes"), ("rescan", "--yes")):
            answer = self.expect(CONFLICT, *words, "--json", env=second)
            self.assertRegex(answer.error["text"], OTHERS + r".*" + WAY_OUT)
        told = self.expect(FAILED, "doctor", env=second)
        self.assertRegex(told.out, r"violation +Redis: " + OTHERS)
        self.assertRegex(told.out, r"I5 .*not checked")
        self.assertEqual(0, self.operations(second), "what was refused is not accepted")
        self.stores.redis("RPUSH", PREFIX + ":inbox", '{"definition":"noop","args":{"count":5}}')
        eventually(lambda: self.operations(self.env) == 1, "the first takes what is asked for")
        self.expect(DONE, "run", "noop", "count=100", "--watch")
        self.expect(DONE, "doctor")
        self.assertEqual(0, first.drain())

    def test_the_dashboard_of_the_second_refuses_too(self):
        self.first()
        second = {**self.database("second"), "REPRISE_JWT_SECRET": SECRET}
        second["REPRISE_DASHBOARD_PASSWORD_HASH"] = password_hash(second)
        dashboard = Dashboard(second, self.place)
        self.addCleanup(dashboard.stop)
        reply = eventually(lambda: dashboard.post("/api/workflow-definitions/resync", jwt(good_claims())), "it answers")
        self.assertEqual(200, reply.status, reply)
        reply = dashboard.post("/admin/api/operations", jwt(good_claims()), {"definition": "noop", "args": {"count": 2}})
        self.assertEqual(409, reply.status, reply)
        self.assertRegex(str(reply.error), OTHERS)
        self.assertEqual(0, self.operations(second))

    def test_who_loses_redis_while_it_runs_ends(self):
        """As where a person has given Redis to another: the worker drains, and says why."""
        first = self.first()
        self.stores.redis("SET", PREFIX + ":installation", "0a0a0a0a-0000@1.2")
        self.assertEqual(CONFLICT, first.wait(REFUSED_WITHIN_S))
        self.assertRegex(first.text(), r"the worker ends: " + OTHERS)
        self.assertEqual("0a0a0a0a-0000@1.2", self.stores.redis("GET", PREFIX + ":installation"))

    def test_a_redis_that_was_wiped_or_written_over_is_its_own_again(self):
        self.first()
        mine = self.stores.redis("GET", PREFIX + ":installation")
        self.assertRegex(mine, r"^[0-9a-f-]{36}@[0-9a-f]+\.[0-9a-f]+$")
        for spoil in (("FLUSHALL",), ("SET", PREFIX + ":installation", "vandal"), ("SET", PREFIX + ":installation", "x" * 5000),
                      ("DEL", PREFIX + ":installation"), ("SET", PREFIX + ":installation", "a\0b")):
            self.stores.redis(*spoil)
            eventually(lambda: self.stores.redis("GET", PREFIX + ":installation") == mine, "it is ours again after %s" % (spoil,))
        self.stores.redis("DEL", PREFIX + ":installation")
        self.stores.redis("RPUSH", PREFIX + ":installation", "a list")
        eventually(lambda: self.stores.redis("TYPE", PREFIX + ":installation") == "string", "a key of another type goes")
        self.expect(DONE, "run", "noop", "count=50", "--watch")

    def test_redis_is_adopted_once_the_other_is_gone(self):
        first, second = self.first(), self.database("second")
        self.expect(DONE, "run", "noop", "count=1", "--yes")
        self.assertRegex(self.expect(CONFLICT, "adopt-redis", "--yes", "--json", env=second).error["text"],
                         r"workers of the other installation are alive")
        self.assertEqual(0, first.drain())
        eventually(lambda: self.expect_any("adopt-redis", "--yes", env=second).code == DONE, "they are silent")
        self.assertFalse(self.ask("adopt-redis", "--yes", env=second)["taken"], "once")
        worker = self.start(second, "second")
        self.expect(DONE, "run", "noop", "count=40", "--watch", env=second)
        self.assertTrue(worker.is_running())
        self.assert_worker_is_refused(self.env, "first again", OTHERS)
        self.expect(DONE, "doctor", env=second)

    def test_a_copy_is_refused_while_the_original_lives_and_takes_its_place_afterwards(self):
        copy = self.database("copy", template="reprise")
        first = self.first()
        self.assert_worker_is_refused(copy, "copy", COPY)
        self.assertRegex(self.expect(FAILED, "doctor", env=copy).out, COPY)
        self.assertRegex(self.expect(CONFLICT, "run", "noop", "count=1", "--yes", "--json", env=copy).error["text"], COPY)
        self.assertEqual(0, first.drain())
        eventually(lambda: "ended" not in self.expect(DONE, "workers").out, "no worker is alive")

        def goes_on():
            worker = self.start(copy, "copy goes on")
            eventually(lambda: not worker.is_running() or "was rebuilt" in worker.text(), "it is refused or rebuilds")
            return worker.is_running() and worker
        worker = eventually(goes_on, "the moved installation goes on")
        self.assertRegex(worker.text(), r"has moved.*no worker of the one before is alive")
        self.expect(DONE, "run", "noop", "count=20", "--watch", env=copy)

    def expect_any(self, *words, env):
        return self.run_producer(*words, env=env)


if __name__ == "__main__":
    main()
