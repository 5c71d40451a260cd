"""The real programs: where they are, and a worker with its supervisor and processes.

Where: REPRISE_RELEASE_DIR (the release build; scripts/test.sh sets it for the long chaos tests), else REPRISE_BUILD_DIR (this
build).
"""
import os
import pathlib
import signal
import subprocess
import urllib.parse

from reprise_testing.stores import ROOT
from reprise_testing.waiting import eventually


def program(name):
    """The path of `worker`, `producer` or `receiver`."""
    place = os.environ.get("REPRISE_RELEASE_DIR") or os.environ.get("REPRISE_BUILD_DIR")
    if not place:
        raise RuntimeError("REPRISE_RELEASE_DIR or REPRISE_BUILD_DIR must say where the programs are")
    folder = "tests/receiver" if name == "receiver" else name
    return str(pathlib.Path(place) / folder / name)


def fault_points(beginnings=("",)):
    """The named points at which the worker can be killed, as it lists them itself: those that begin so."""
    said = subprocess.run([program("worker"), "--fault-points"], check=True, capture_output=True, text=True)
    return sorted({point for point in said.stdout.split() if point.startswith(tuple(beginnings))})


def environment(stores, redis_socket=None, postgres_directory=None, definitions=None, **more):
    """What a program is told. The sockets may be those of a proxy. Settings of the caller do not reach it.
    Nothing starts by the clock unless a test says so."""
    host = urllib.parse.quote(str(postgres_directory or stores.directory), safe="")
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("REPRISE_", "PG", "GIT_"))}
    ours.update({
        "REPRISE_POSTGRES_URL": "postgresql:///%s?host=%s&user=reprise" % (stores.database, host),
        "REPRISE_REDIS_URL": "unix://" + urllib.parse.quote(str(redis_socket or stores.redis_socket)),
        "REPRISE_REDIS_PREFIX": stores.prefix,
        "REPRISE_DEFINITIONS_DIR": str(definitions or ROOT / "definitions"),
        "REPRISE_LOG_FORMAT": "text",
        "REPRISE_SCHEDULE_ENABLED": "false",
        "REPRISE_ENCRYPTION_KEY": "5e" * 32,
    })
    ours.update({name: str(value) for name, value in more.items()})
    return ours


def children(pid):
    """The pids of a process's children that have not ended, in the order of their start."""
    try:
        text = pathlib.Path("/proc/%d/task/%d/children" % (pid, pid)).read_text()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [int(child) for child in text.split() if not _is_zombie(int(child))]


class Worker:
    """A worker program. Its words are in `log`; `pid` is the supervisor's."""

    def __init__(self, env, log):
        self.log = pathlib.Path(log)
        with self.log.open("ab") as words:
            self._process = subprocess.Popen([program("worker")], env=env, stdin=subprocess.DEVNULL, stdout=words,
                                             stderr=words, cwd=self.log.parent)
        self.pid = self._process.pid
        self._stopped = set()

    def processes(self):
        """The pids of its processes, in the order of their start."""
        return children(self.pid)

    def is_running(self):
        return self._process.poll() is None

    def text(self):
        return self.log.read_text(errors="replace")

    def signal_process(self, pid, number):
        """False if it had gone meanwhile."""
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return False
        (self._stopped.add if number == signal.SIGSTOP else self._stopped.discard)(pid)
        return True

    def kill(self):
        """SIGKILL for the supervisor; its processes hear of that and drain."""
        self._process.kill()
        self._process.wait()

    def wait(self, timeout_s):
        """The exit code of one that ends by itself."""
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise AssertionError("the worker did not end within %d s:\n%s" % (timeout_s, self.text()[-3000:])) from None

    def drain(self, timeout_s=40):
        """SIGTERM and its end; the exit code."""
        for pid in list(self._stopped):
            self.signal_process(pid, signal.SIGCONT)
        if self.is_running():
            self._process.terminate()
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.end_at_once()
            raise AssertionError("the worker did not drain within %d s:\n%s" % (timeout_s, self.text()[-3000:]))

    def end_at_once(self):
        """For the end of a test: no process is left, whatever happened."""
        children = self.processes()
        for pid in children:
            self.signal_process(pid, signal.SIGKILL)
        if self.is_running():
            self._process.kill()
        self._process.wait()
        for pid in children:
            eventually(lambda pid=pid: not _runs(pid), "process %d of the worker is gone" % pid)


def _is_zombie(pid):
    try:
        return pathlib.Path("/proc/%d/stat" % pid).read_text().rsplit(")", 1)[1].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def _runs(pid):
    return not _is_zombie(pid)
