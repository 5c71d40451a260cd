"""The first moments of a program: descriptors that it was started without, and signals that come before it listens."""
import os
import signal
import socket
import subprocess

from harness import ProducerTest, eventually, main, programs


def without_descriptors():
    """0 to 2 are closed: as some supervisors and cron jobs start programs."""
    for fd in range(3):
        os.close(fd)


class Descriptors(ProducerTest):
    def links(self, pid):
        return [os.readlink("/proc/%d/fd/%d" % (pid, fd)) for fd in range(3)]

    def start(self, program, **settings):
        process = subprocess.Popen([programs.program(program)], env={**self.env, **settings}, cwd=self.place,
                                   preexec_fn=without_descriptors)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        return process

    def test_a_worker_works(self):
        worker = self.start("worker")
        eventually(lambda: self.stores.redis("KEYS", "*:worker:*"), "the worker beats")
        self.assertEqual(["/dev/null"] * 3, self.links(worker.pid))
        for child in programs.children(worker.pid):
            self.assertEqual(["/dev/null"] * 3, self.links(child))
        self.expect(0, "run", "noop", "count=50", "--watch")

    def test_a_dashboard_serves(self):
        self.expect(0, "migrate")
        dashboard = self.start("dashboard", REPRISE_DASHBOARD_LISTEN="127.0.0.1:0")
        eventually(lambda: len(os.listdir("/proc/%d/fd" % dashboard.pid)) > 5, "it has begun")
        self.assertEqual(["/dev/null"] * 3, self.links(dashboard.pid))

    def test_a_producer_says_by_its_exit_code_that_its_words_did_not_arrive(self):
        self.expect(0, "migrate")
        for words in (["operations", "--json"], ["definitions"]):
            done = subprocess.run(self.command(*words), env=self.env, cwd=self.place, preexec_fn=without_descriptors)
            self.assertEqual(1, done.returncode, words)


class EarlySignals(ProducerTest):
    def test_a_hang_up_before_it_listens_does_not_end_it(self):
        """From the first line of main on; what comes before is the loader's time, in which no signal can be heard."""
        for program in ("worker", "dashboard"):
            for number in (signal.SIGHUP, signal.SIGUSR1) if program == "worker" else (signal.SIGHUP,):
                with self.subTest(program=program, signal=number):
                    process = subprocess.Popen([programs.program(program)], cwd=self.place, stderr=subprocess.DEVNULL,
                                               env={**self.env, **self.settings_of(program)})
                    self.addCleanup(process.wait)
                    self.addCleanup(process.kill)
                    eventually(lambda: self.takes(process.pid, number), "the signal does not end it any more")
                    process.send_signal(number)
                    if program == "worker":
                        eventually(lambda: self.stores.redis("KEYS", "*:worker:*"), "the worker beats")
                    else:
                        eventually(lambda: self.mask(process.pid, "SigCgt") >> (signal.SIGTERM - 1) & 1, "its loop runs")
                    self.assertIsNone(process.poll())
                    process.terminate()
                    self.assertEqual(0, process.wait(40))

    def settings_of(self, program):
        """A dashboard serves once its first try at PostgreSQL is over: one that says nothing leaves time to look."""
        if program == "worker":
            return {}
        silent = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(silent.close)
        return {"REPRISE_DASHBOARD_LISTEN": "127.0.0.1:0",
                "REPRISE_POSTGRES_URL": "postgresql://user@127.0.0.1:%d/none" % silent.getsockname()[1]}

    def takes(self, pid, number):
        """It is held back for later, or a handler is there."""
        return (self.mask(pid, "SigBlk") | self.mask(pid, "SigCgt")) >> (number - 1) & 1

    def mask(self, pid, name):
        with open("/proc/%d/status" % pid) as status:
            return int(next(line for line in status if line.startswith(name + ":")).split()[1], 16)


if __name__ == "__main__":
    main()
