"""Stores behind TLS: an authority made here, and a real PostgreSQL and a real Redis with certificates of it."""
import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import urllib.error
import urllib.parse
import urllib.request

from harness import eventually
from reprise_testing.resp import Redis

HOST, ELSEWHERE = "localhost", "127.0.0.1"  # what the certificates say, and what they do not


class Authority:
    """Signs certificates for HOST. `file` is its own."""

    def __init__(self, place, name):
        self._place, self._name = pathlib.Path(place), name
        self.file = self._place / (name + ".pem")
        self._key = self._place / (name + ".key")
        self._openssl("req", "-x509", "-subj", "/CN=" + name, "-days", "2", "-keyout", self._key, "-out", self.file)

    def issue(self):
        """The files of a certificate for HOST and of its key."""
        certificate, key, request = (self._place / (self._name + end) for end in ("-host.pem", "-host.key", "-host.req"))
        names = self._place / "names"
        names.write_text("subjectAltName=DNS:%s\n" % HOST)
        self._openssl("req", "-subj", "/CN=" + HOST, "-keyout", key, "-out", request)
        subprocess.run(["openssl", "x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self._key, "-CAcreateserial",
                        "-days", "2", "-extfile", names, "-out", certificate], check=True, capture_output=True)
        return certificate, key

    def _openssl(self, *words):
        subprocess.run(["openssl", *map(str, words), "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
                       check=True, capture_output=True)


def free_port():
    with contextlib.closing(socket.socket()) as probe:
        probe.bind((ELSEWHERE, 0))
        return probe.getsockname()[1]


def is_ready(dashboard_port):
    try:
        with urllib.request.urlopen("http://%s:%d/ready" % (ELSEWHERE, dashboard_port), timeout=10) as reply:
            return reply.status == 200
    except urllib.error.HTTPError:
        return False


def _as_owner(command):
    """PostgreSQL does not run as root."""
    command = [str(word) for word in command]
    if os.geteuid() != 0:
        return command
    return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--", *command]


class _Server:
    def __init__(self, place, authority, *command):
        self.place = pathlib.Path(place)
        self.place.mkdir(mode=0o700)
        self.certificate, self.key = (shutil.copy(file, self.place) for file in authority.issue())
        os.chmod(self.key, 0o600)
        if os.geteuid() == 0:
            for path in (self.place, self.certificate, self.key):
                shutil.chown(path, "nobody", "nogroup")
        self.log = self.place.parent / (self.place.name + ".log")

    def start(self, *command):
        with self.log.open("wb") as words:
            self.process = subprocess.Popen(_as_owner(command), cwd="/", stdin=subprocess.DEVNULL, stdout=words, stderr=words)

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


class TlsPostgres(_Server):
    """Over TCP only with TLS; on its socket without."""

    def __init__(self, place, authority, binaries):
        super().__init__(place, authority)
        data, self.port = self.place / "pg", free_port()
        subprocess.run(_as_owner([binaries / "initdb", "-D", data, "-U", "reprise", "-A", "trust", "--no-sync", "-E", "UTF8",
                                  "--locale=C.UTF-8"]), check=True, capture_output=True, cwd="/")
        rules = data / "pg_hba.conf"
        rules.write_text("local all all trust\nhostssl all all all trust\n")
        self.start(binaries / "postgres", "-D", data, "-p", self.port, "-c", "listen_addresses=" + HOST, "-c", "ssl=on", "-c",
                   "fsync=off", "-c", "ssl_cert_file=%s" % self.certificate, "-c", "ssl_key_file=%s" % self.key, "-c",
                   "unix_socket_directories=%s" % self.place)
        ready = [str(binaries / "pg_isready"), "-q", "-h", str(self.place), "-p", str(self.port), "-d", "postgres"]
        eventually(lambda: subprocess.run(_as_owner(ready)).returncode == 0, "PostgreSQL answers")
        subprocess.run(_as_owner([binaries / "createdb", "-h", self.place, "-p", self.port, "-U", "reprise", "reprise"]),
                       check=True, cwd="/")

    def url(self, host=HOST, mode="verify-full", root=None):
        options = {"sslmode": mode, **({"sslrootcert": str(root)} if root else {})}
        return "postgresql://reprise@%s:%d/reprise?%s" % (host, self.port, urllib.parse.urlencode(options))


class TlsRedis(_Server):
    """`port` speaks TLS, `plain_port` does not."""

    def __init__(self, place, authority):
        super().__init__(place, authority)
        self.port, self.plain_port, self.socket = free_port(), free_port(), str(self.place / "redis.sock")
        self.start("redis-server", "--bind", ELSEWHERE, "--tls-port", self.port, "--port", self.plain_port, "--unixsocket",
                   self.socket, "--tls-cert-file", self.certificate, "--tls-key-file", self.key, "--tls-ca-cert-file",
                   authority.file, "--tls-auth-clients", "no", "--save", "", "--dir", self.place)
        eventually(lambda: self.asks("PING") == "PONG", "Redis answers")

    def asks(self, *words):
        connection = Redis(self.socket)
        try:
            answer = connection(*words)
            return answer.decode() if isinstance(answer, bytes) else answer
        finally:
            connection.close()

    def url(self, host=HOST, port=None):
        return "rediss://%s:%d" % (host, port or self.port)
