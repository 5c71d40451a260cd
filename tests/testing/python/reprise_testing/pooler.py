"""pgbouncer between the programs and the private PostgreSQL of a test, on a unix socket of its own."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest
import urllib.parse

from reprise_testing.waiting import eventually

PORT = 6432

_SETTINGS = """[databases]
* = host=%(stores)s user=%(role)s
[pgbouncer]
listen_addr =
listen_port = %(port)d
unix_socket_dir = %(place)s
auth_type = any
pool_mode = %(mode)s
default_pool_size = 60
max_client_conn = 200
%(more)s
"""


class Pooler:
    """`mode`: session or transaction. All that connect through it are `role`."""

    def __init__(self, stores, role, mode, more="ignore_startup_parameters = options"):
        if shutil.which("pgbouncer") is None:
            raise unittest.SkipTest("pgbouncer is not installed (Debian's package pgbouncer has it)")
        self._place = pathlib.Path(tempfile.mkdtemp(prefix="reprise-pooler-"))
        self._place.chmod(0o777)
        settings = self._place / "pgbouncer.ini"
        settings.write_text(_SETTINGS % {"stores": stores.directory, "role": role, "port": PORT, "place": self._place,
                                         "mode": mode, "more": more})
        settings.chmod(0o644)
        # It refuses to run as root; the stores belong to the same user then.
        through = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.geteuid() == 0 else []
        self._log = (self._place / "log").open("wb")
        self._process = subprocess.Popen([*through, "pgbouncer", str(settings)], stdin=subprocess.DEVNULL,
                                         stdout=self._log, stderr=self._log)
        eventually((self._place / (".s.PGSQL.%d" % PORT)).exists, "the pooler listens")

    def url(self, database):
        return "postgresql:///%s?host=%s&port=%d&user=reprise" % (database, urllib.parse.quote(str(self._place), safe=""),
                                                                  PORT)

    def stop(self):
        self._process.kill()
        self._process.wait()
        self._log.close()
        shutil.rmtree(self._place, ignore_errors=True)
