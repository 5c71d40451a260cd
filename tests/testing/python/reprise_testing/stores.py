"""A private PostgreSQL and Redis of one test, which it may kill, restart, wipe and roll back.

They are children of scripts/private-stores.sh and end with this process, even if it is killed.
"""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import unittest

from reprise_testing.psql import Psql, SqlError  # noqa: F401
from reprise_testing.resp import Redis
from reprise_testing.waiting import eventually

ROOT = pathlib.Path(__file__).resolve().parents[4]
_SCRIPT = ROOT / "scripts" / "private-stores.sh"
NOT_INSTALLED = 77


class StoresMissing(unittest.SkipTest):
    """PostgreSQL or Redis is not installed."""


class Stores:
    """`durable`: fsync on, Redis with AOF everysec. `directory` is a fresh one that goes with the stores."""

    def __init__(self, durable=True):
        self._place = pathlib.Path(tempfile.mkdtemp(prefix="reprise-"))
        self._place.chmod(0o755)
        self.directory = self._place / "s"
        command = [str(_SCRIPT), "run", str(self.directory)] + (["--durable"] if durable else [])
        self._script = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        start_new_session=True)
        self._await_ready()
        self.redis = self.new_redis()
        self.psql = self.new_psql()

    def _await_ready(self):
        if self._script.stdout.readline() != "ready\n":
            code = self._script.wait()
            raise StoresMissing("PostgreSQL or Redis is not installed") if code == NOT_INSTALLED else RuntimeError("the stores did not start: %d" % code)

    def stop(self):
        self.redis.close()
        self.psql.close()
        self._script.stdin.close()
        self._script.stdout.close()
        self._script.wait()
        shutil.rmtree(self._place, ignore_errors=True)

    # ---- addresses and connections ----------------------------------------------------------------------------------

    @property
    def redis_socket(self):
        return str(self.directory / "redis.sock")

    @property
    def postgres_socket(self):
        return str(self.directory / ".s.PGSQL.5432")

    database = "reprise"
    prefix = "{reprise}"

    def new_redis(self):
        return Redis(self.redis_socket)

    def new_psql(self):
        return Psql(str(self.directory), self.database)

    # ---- misfortune ---------------------------------------------------------------------------------------------------

    def _pid(self, name):
        return int((self.directory / (name + ".pid")).read_text())

    def kill_redis(self):
        self.redis.close()
        pid = self._pid("redis")
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: _is_gone(pid), "Redis is gone after SIGKILL")

    def start_again(self):
        """Starts what has ended; returns when both answer."""
        self._script.stdin.write("start\n")
        self._script.stdin.flush()
        self._await_ready()

    def save_redis(self):
        """A copy of what Redis would find on its disk after a crash now."""
        copy = self._place / "redis-copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.directory / "appendonlydir", copy)
        return copy

    def restore_redis(self, copy):
        """Redis must be down: puts an earlier state of its disk in place, as a restored backup or a late replica would."""
        place = self.directory / "appendonlydir"
        owner = place.stat()
        shutil.rmtree(place)
        shutil.copytree(copy, place)
        for path in [place, *place.iterdir()]:
            os.chown(path, owner.st_uid, owner.st_gid)

    def stop_postgres_at_once(self):
        """Immediate shutdown, as after a crash; `start_again` brings it back."""
        self.psql.close()
        pid = self._pid("postgres")
        os.kill(pid, signal.SIGQUIT)
        eventually(lambda: _is_gone(pid), "PostgreSQL is gone after SIGQUIT")

    def restart_postgres_at_once(self):
        """What was committed is there afterwards, all connections are gone."""
        self.stop_postgres_at_once()
        self.start_again()

    def end_backends(self, psql):
        """Terminates all connections of Reprise's programs; how many."""
        return psql.number("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                           " WHERE application_name LIKE 'reprise%'")

    def empty(self):
        """As new, but for the servers themselves: the database made again, Redis flushed."""
        self.psql.close()
        for command in (("dropdb", "reprise"), ("createdb", "reprise")):
            subprocess.run([str(_SCRIPT), command[0], str(self.directory), command[1]], check=True)
        self.redis("FLUSHALL")


class Corner:
    """A database and a key prefix of its own in stores that several tests share at the same time; used like Stores, but for
    their misfortunes."""

    def __init__(self, stores, name):
        self.directory, self.redis_socket = stores.directory, stores.redis_socket
        self.database, self.prefix = name, "{%s}" % name
        subprocess.run([str(_SCRIPT), "createdb", str(self.directory), name], check=True)
        self.redis, self.psql = self.new_redis(), self.new_psql()

    new_redis = Stores.new_redis
    new_psql = Stores.new_psql

    def close(self):
        self.redis.close()
        self.psql.close()


def _is_gone(pid):
    try:
        state = pathlib.Path("/proc/%d/stat" % pid).read_text()
    except FileNotFoundError:
        return True
    return state.rsplit(")", 1)[1].split()[0] in "ZX"
