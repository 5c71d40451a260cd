"""Half-open connections: a proxy between worker and store forwards nothing any more, in one direction or both, and neither side
is told. Requests that were on their way are of unknown result."""
import pathlib
import tempfile
import unittest

from poller import Poller
from scenario import LONG, Scenario, eventually, operation_id
from reprise_testing.proxy import TO_CLIENT, TO_SERVER, Proxy

COUNT = 3000
FOUND_OUT_S = 12  # the 10 s of I5 and I6, and some for a machine that does other things
WAYS = {"both": (TO_SERVER, TO_CLIENT), "questions": (TO_SERVER,), "answers": (TO_CLIENT,)}


class HalfOpen(Scenario):
    def setUp(self):
        super().setUp()
        place = pathlib.Path(tempfile.mkdtemp(dir=self.folder))  # a short path: a socket's may have 107 bytes
        self.redis_proxy = Proxy(place / "redis.sock", self.stores.redis_socket)
        self.addCleanup(self.redis_proxy.close)
        self.postgres_proxy = Proxy(place / ".s.PGSQL.5432", self.stores.postgres_socket)
        self.addCleanup(self.postgres_proxy.close)
        self.place = place

    def start_behind_proxies(self, **more):
        return self.start_worker(redis_socket=self.redis_proxy.path, postgres_directory=self.place, **more)

    def _silence_in_mid_run(self, ways, *proxies):
        ways = list(WAYS) if LONG else ways
        count = COUNT * len(ways)
        self.start_behind_proxies()
        operation = self.ask("chaos-once", count=count, sleep_ms=1)
        with Poller(self.checker, [operation]):
            for name in ways:
                with self.subTest(silent=name):
                    self.await_settled(operation, self.settled(operation) + 200)
                    hushed = sum(proxy.hush(*WAYS[name]) for proxy in proxies)
                    self.assertGreater(hushed, 0)
                    more = self.settled(operation) + 300
                    eventually(lambda: self.settled(operation) >= more, "it goes on by connections made again", FOUND_OUT_S)
                    for proxy in proxies:
                        proxy.let_speak() if self.chance.random() < 0.5 else proxy.cut()
            self.assert_all_done(operation, count, phases=1)

    def test_redis_falls_silent(self):
        self._silence_in_mid_run(["both", "answers"], self.redis_proxy)

    def test_postgres_falls_silent(self):
        self._silence_in_mid_run(["answers"], self.postgres_proxy)

    def test_the_service_finds_out_that_postgres_fell_silent(self):
        """It may wait for an answer for 40 s; that its connection is half-open it finds out in time for I5."""
        self.start_behind_proxies()
        self.assert_all_done(self.ask("chaos-once", count=10), 10, phases=1)
        for name in WAYS:
            with self.subTest(silent=name):
                self.postgres_proxy.hush(*WAYS[name])
                wanted = operation_id(self.chance)
                self.push("chaos-once", wanted, count=10, tag=name)
                eventually(lambda: self.state(wanted), "a request is accepted", FOUND_OUT_S)
                self.assert_all_done(wanted, 10, phases=1)
                self.postgres_proxy.cut()

    def test_both_fall_silent(self):
        self._silence_in_mid_run(["both"], self.redis_proxy, self.postgres_proxy)

    def test_new_connections_are_silent_too(self):
        """As when a cable is pulled: nothing works until it is plugged in again, and what was held back arrives late."""
        self.start_behind_proxies()
        operation = self.ask("chaos-once", count=COUNT, sleep_ms=2)
        with Poller(self.checker, [operation]):
            self.await_settled(operation, 200)
            for proxy in (self.redis_proxy, self.postgres_proxy):
                proxy.hush(TO_SERVER, TO_CLIENT, new_too=True)
            eventually(lambda: "is down" in self.workers[0].text(), "the worker notices")
            for proxy in (self.redis_proxy, self.postgres_proxy):
                proxy.let_speak()
            self.assert_all_done(operation, COUNT, phases=1)

    def test_in_the_middle_of_a_blocked_blmove(self):
        """The worker waits for chunks; the connection falls silent; then Redis moves a chunk to a client that does not hear of
        it. The heartbeat finds it in the list and gives it back."""
        self.start_behind_proxies(REPRISE_INBOX_ENABLED="false")
        self.start_worker(REPRISE_WORKER_EXECUTORS="delivery=1")  # takes requests, runs no such jobs
        self.assert_all_done(self.ask("chaos-once", count=10), 10, phases=1)
        self.assertTrue(any(self._hit_a_blmove() for _ in range(5)), "no chunk went to a silent connection")

    def _hit_a_blmove(self):
        """True if a chunk was moved for the silent connection. (A BLMOVE ends after 2 s, maybe just before the chunk comes.)"""
        mine = self._list_of(self.workers[0])
        eventually(lambda: self._blocked() == 2, "one waits for chunks, and the other for its own")
        self.redis_proxy.hush(TO_SERVER, TO_CLIENT)
        operation = self.ask("chaos-once", count=COUNT)
        try:
            eventually(lambda: self.redis("LLEN", mine) or self.settled(operation), "a chunk is taken", 10)
            hit = self.settled(operation) == 0
        finally:
            self.assert_all_done(operation, COUNT, phases=1)
            self.redis_proxy.cut()
        return hit

    def _list_of(self, worker):
        pid = worker.processes()[0]
        for name in self.redis("ZRANGE", "{reprise}:workers", 0, -1):
            if '"pid":%d,' % pid in (self.redis("GET", "{reprise}:worker:" + name) or ""):
                return "{reprise}:active:history:" + name
        raise AssertionError("no worker beats with pid %d" % pid)

    def _blocked(self):
        info = self.redis("INFO", "clients")
        return int(info.split("blocked_clients:")[1].split()[0])

    def test_between_the_two_messages_of_a_settle(self):
        """The fence has deleted the promises; then the connection falls silent. Questions lost: the server ends the transaction
        by itself. Answers lost: it was committed, and the repetition finds nothing to do."""
        for name in WAYS if LONG else ("questions", "answers"):
            with self.subTest(silent=name):
                log = self.folder / ("between-" + name)
                worker = self.start_behind_proxies(executors=1, REPRISE_FAULT="settle.between:1:ms=1500",
                                                   REPRISE_FAULT_LOG=log)
                operation = self.ask("chaos-once", count=200)
                eventually(lambda: log.exists() and "settle.between" in log.read_text(), "a settle is under way")
                self.assertGreater(self.postgres_proxy.hush(*WAYS[name]), 0)
                self.await_state(operation, "completed")
                self.postgres_proxy.cut()
                self.assert_all_done(operation, 200, phases=1)
                worker.end_at_once()


if __name__ == "__main__":
    unittest.main(verbosity=2)
