"""The end of a worker has a time: the grace and a second, whatever PostgreSQL does; the second signal ends it at once.

The waits here are far above that, for a busy machine, and far below what the stores' own limits would take (half a minute)."""
import pathlib
import signal

from harness import ProducerTest, eventually, main, programs
from reprise_testing.proxy import TO_CLIENT, TO_SERVER, Proxy

SOON_S = 15


class Ending(ProducerTest):
    def setUp(self):
        super().setUp()
        self.proxy = Proxy(self.place / ".s.PGSQL.5432", self.stores.postgres_socket)
        self.addCleanup(self.proxy.close)

    def start(self, **settings):
        env = programs.environment(self.stores, postgres_directory=self.place,
                                   **{"REPRISE_WORKER_GRACE": "1s", "REPRISE_WORKER_EXECUTORS": "history=1", **settings})
        worker = programs.Worker(env, self.place / "worker.log")
        self.addCleanup(worker.end_at_once)
        eventually(lambda: self.stores.redis("KEYS", "*:worker:*"), "the worker beats")
        return worker

    def lock(self):
        """No program gets at the tallies any more."""
        self.psql = self.stores.new_psql()
        self.addCleanup(self.psql.close)
        self.psql.execute("BEGIN")
        self.psql.execute("LOCK TABLE reprise.tally IN ACCESS EXCLUSIVE MODE")
        eventually(lambda: self.waiting("reprise service"), "the service waits for the lock")

    def waiting(self, application):
        return self.stores.psql.number("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '%s%%'"
                                       " AND wait_event_type = 'Lock'" % application)

    def test_the_service_waits_for_a_lock(self):
        worker = self.start()
        self.lock()
        self.assertEqual(0, worker.drain(SOON_S))
        eventually(lambda: not self.waiting("reprise"), "the server gives up what it did for the worker", SOON_S)

    def test_postgresql_says_nothing_any_more(self):
        worker = self.start()
        self.proxy.hush(TO_CLIENT, TO_SERVER, new_too=True)
        self.assertEqual(0, worker.drain(SOON_S))

    def test_the_supervisor_is_at_work_for_a_dead_process(self):
        worker = self.start()
        self.proxy.hush(TO_CLIENT, TO_SERVER, new_too=True)
        dead = worker.processes()[0]
        worker.signal_process(dead, signal.SIGKILL)
        eventually(lambda: [pid for pid in worker.processes() if pid != dead], "another runs in its place", SOON_S)
        self.assertEqual(0, worker.drain(SOON_S))
        self.assertEqual([], worker.processes())

    def test_a_process_that_hears_nothing_is_killed(self):
        worker = self.start()
        process = worker.processes()[0]
        worker.signal_process(process, signal.SIGSTOP)
        worker._stopped.clear()  # drain would let it go on
        self.assertEqual(0, worker.drain(SOON_S))
        self.assertFalse(pathlib.Path("/proc/%d/exe" % process).exists())

    def test_the_second_signal_ends_it_at_once_with_its_processes(self):
        worker = self.start(REPRISE_WORKER_GRACE="10m")
        self.lock()
        processes = worker.processes()
        worker.signal_process(worker.pid, signal.SIGTERM)
        eventually(lambda: "draining" in worker.text(), "it drains")
        self.assertTrue(worker.is_running())
        self.assertEqual(0, worker.drain(SOON_S))
        for pid in processes:
            self.assertFalse(pathlib.Path("/proc/%d/exe" % pid).exists())


if __name__ == "__main__":
    main()
