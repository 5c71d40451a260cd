"""Processes that die or stand still: SIGKILL at random, SIGSTOP beyond the heartbeat, a job that kills its process."""
import os
import pathlib
import signal
import time
import unittest

from poller import Poller
from scenario import LONG, Scenario, eventually


def _sockets(pid):
    """The sockets that a process has open, by their numbers in the kernel."""
    links = [os.readlink(link) for link in pathlib.Path("/proc/%d/fd" % pid).iterdir()]
    return {link for link in links if link.startswith("socket:")}


class Kills(Scenario):
    def test_random_sigkill(self):
        """A process, now and then a whole worker with its supervisor, is killed at any moment: no job fails for it."""
        kills, count, sleep_ms = (200, 20000, 45) if LONG else (20, 20000, 4)
        for _ in range(3):
            self.start_worker(processes=2)
        operation = self.ask("chaos-once", count=count, sleep_ms=sleep_ms)
        with Poller(self.checker, [operation]):
            for number in range(kills):
                self._kill_one(number)
                self.assertEqual(self.state(operation), "running", "the operation was over before the kills were")
                time.sleep(self.chance.uniform(0.05, 0.8))  # the moment is chance's, nothing is awaited
            self.assert_all_done(operation, count, phases=1, timeout_s=600)

    def _kill_one(self, number):
        worker = self.chance.choice(self.workers)
        if number % 10 == 9:
            self._kill_whole(worker)
            self.start_worker(processes=2)
            return
        pid = self.chance.choice(eventually(worker.processes, "a process runs", every_s=0.005))
        worker.signal_process(pid, signal.SIGKILL)

    def test_a_whole_worker_with_retries_in_hand(self):
        """No process is left that saw it die. Another worker runs its retries long before the five minutes are over for which they
        were kept from others."""
        count = 20
        dead = self.start_worker()
        operation = self.ask("chaos-once", count=count, sleep_ms=100, fail_every=1)
        eventually(lambda: self.psql.number("SELECT count(*) FROM job WHERE run_at > now() + interval '1 minute'"),
                   "retries are in hand", every_s=0.005)
        self._kill_whole(dead)
        self.assertGreater(self.psql.number("SELECT count(*) FROM job WHERE run_at > now() + interval '1 minute'"), 0)
        self.start_worker()
        self.await_state(operation, "completed", 60)
        self.assert_all_done(operation, count, failed=count, phases=1)

    def _kill_whole(self, worker):
        """The supervisor stands still meanwhile, so that it looks after no process."""
        worker.signal_process(worker.pid, signal.SIGSTOP)
        for pid in worker.processes():
            worker.signal_process(pid, signal.SIGKILL)
        worker.kill()
        self.workers.remove(worker)

    def test_a_process_in_the_place_of_a_dead_one_holds_no_connection_of_its_supervisor(self):
        """Else the stores would take the supervisor for connected as long as that process lives."""
        worker = self.start_worker()
        dead = eventually(worker.processes, "a process runs")[0]
        worker.signal_process(dead, signal.SIGKILL)
        heir = eventually(lambda: [pid for pid in worker.processes() if pid != dead], "another takes its place")[0]
        eventually(lambda: _sockets(worker.pid), "the supervisor is connected")
        eventually(lambda: not _sockets(worker.pid) & _sockets(heir), "the process has let go of what is not its own")

    def test_sigstop_beyond_the_heartbeat(self):
        """A frozen process is taken for dead; what it held runs elsewhere, and it settles nothing twice when it wakes up."""
        count = 4000
        frozen = self.start_worker()
        operation = self.ask("chaos-once", count=count, sleep_ms=2)
        self.start_worker()
        with Poller(self.checker, [operation]):
            self.await_settled(operation, 500)
            pid = frozen.processes()[0]
            worker_id = self._id_of(pid)
            frozen.signal_process(pid, signal.SIGSTOP)
            held = "{reprise}:active:history:" + worker_id
            eventually(lambda: not self.redis("EXISTS", "{reprise}:worker:" + worker_id), "its heartbeat has gone")
            eventually(lambda: not self.redis("LLEN", held), "what it held went back", 15)
            self.await_settled(operation, count)
            frozen.signal_process(pid, signal.SIGCONT)
            eventually(lambda: self.redis("EXISTS", "{reprise}:worker:" + worker_id), "it beats again")
            self.assert_all_done(operation, count, phases=1)

    def _id_of(self, pid):
        for worker in self.redis("ZRANGE", "{reprise}:workers", 0, -1):
            if '"pid":%d,' % pid in (self.redis("GET", "{reprise}:worker:" + worker) or ""):
                return worker
        raise AssertionError("no worker beats with pid %d" % pid)

    def test_poison(self):
        """One job among 2 000 kills its process whenever it runs: after three deaths alone it fails, and no other job does."""
        count = 2000
        self.start_worker(processes=2)
        operation = self.ask("chaos-once", count=count, poison=str(self.chance.randint(1, count)))
        with Poller(self.checker, [operation]):
            self.await_state(operation, "completed", 120)
        poison = self.psql.value("SELECT args ->> 'poison' FROM operation WHERE operation_id = '%s'" % operation)
        failed = self.psql.rows("SELECT key, error FROM job_outcome WHERE outcome = 'failed'")
        self.assertEqual([key for key, _ in failed], [poison])
        self.assertIn("fatal signal 3 times", failed[0][1])
        self.assert_all_done(operation, count, failed=1, phases=1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
