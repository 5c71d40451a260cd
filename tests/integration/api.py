"""The dashboard as its tests run it: the real program on a port of its own, and a client that says just what it is told."""
import base64
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from harness import SKIPPED, eventually, main, programs, stores  # noqa: F401

PASSWORD = "correct horse battery"
SECRET = "an-example-secret-of-forty-bytes-in-all!"
USER = "admin"
ANSWER_S = 120  # the last of many who log in waits for all before it
CLOSED = (0,)  # the connection was closed without an answer


def run_dashboard(env, *words, stdin=""):
    """A run that ends by itself."""
    return subprocess.run([programs.program("dashboard"), *words], input=stdin, capture_output=True, text=True,
                          timeout=60, env=env)


def password_hash(env):
    return run_dashboard(env, "hash-password", stdin=PASSWORD + "\n").stdout.strip()


class Dashboard:
    """The running program. Its words are in `log`."""

    def __init__(self, env, place, listen="127.0.0.1:0", through=()):
        """`through`: the words of a program that becomes this one, such as prlimit."""
        self.log = pathlib.Path(place) / "dashboard.log"
        with self.log.open("wb") as words:
            self._process = subprocess.Popen([*through, programs.program("dashboard"), "--dashboard-listen", listen],
                                             env=env, stdin=subprocess.DEVNULL, stdout=words, stderr=words, cwd=place)
        self.pid = self._process.pid
        self.port = eventually(self._port, "the dashboard listens")

    def _port(self):
        if self._process.poll() is not None:
            raise AssertionError("the dashboard ended:\n" + self.text())
        found = re.search(r"listening on http://[0-9.]+:(\d+)", self.text())
        return found and int(found.group(1))

    def text(self):
        return self.log.read_text(errors="replace")

    def post(self, path, token, body=None):
        """One request with a token, on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_S)
        try:
            connection.request("POST", path, json.dumps(body or {}),
                               {"Authorization": "Bearer " + token, "Content-Type": "application/json"})
            response = connection.getresponse()
            return Reply(response, response.read())
        finally:
            connection.close()

    def wait(self):
        """The exit code, once it has ended by itself."""
        return self._process.wait(60)

    def stop(self, number=signal.SIGTERM):
        """The exit code."""
        if self._process.poll() is None:
            self._process.send_signal(number)
        return self._process.wait(30)


class Reply:
    def __init__(self, response, body):
        self.status, self.body = response.status, body
        self.headers = response.headers

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def data(self):
        return self.json["data"]

    @property
    def error(self):
        return self.json["error"]

    def __repr__(self):
        return "%d %s" % (self.status, self.body[:2000])


def jwt(claims, secret=SECRET, header=None, algorithm=hashlib.sha256):
    """A token as any program could make one; `secret` None: without a signature."""
    def part(value):
        text = value if isinstance(value, bytes) else json.dumps(value).encode()
        return base64.urlsafe_b64encode(text).rstrip(b"=")

    signed = part(header or {"alg": "HS256", "typ": "JWT"}) + b"." + part(claims)
    seal = b"" if secret is None else part(hmac.new(secret.encode(), signed, algorithm).digest())
    return (signed + b"." + seal).decode()


def good_claims(**more):
    return {"sub": "tests", "iat": int(time.time()), "exp": int(time.time()) + 3600, **more}


class DashboardTest(unittest.TestCase):
    """Stores and program live as long as the class; each test finds empty tables."""

    settings = {}
    bound_to = "127.0.0.1:0"
    through = ()

    @classmethod
    def setUpClass(cls):
        cls.stores = stores.Stores(durable=False)
        cls.place = pathlib.Path(tempfile.mkdtemp(prefix="reprise-api-"))
        cls.env = programs.environment(cls.stores, REPRISE_JWT_SECRET=SECRET)
        cls.env["REPRISE_DASHBOARD_PASSWORD_HASH"] = password_hash(cls.env)
        cls.env.update(cls.settings)
        cls.dashboard = Dashboard(cls.env, cls.place, cls.bound_to, cls.through)
        cls.token = jwt(good_claims())

    @classmethod
    def tearDownClass(cls):
        code = cls.dashboard.stop()
        words = cls.dashboard.text()
        cls.stores.stop()
        shutil.rmtree(cls.place, ignore_errors=True)
        assert code == 0, "the dashboard ended with %d:\n%s" % (code, words[-4000:])

    def call(self, method, path, body=None, token=None, headers=None):
        """One request on a connection of its own. `token` "" = none."""
        sent = {"Authorization": "Bearer " + (token or self.token)} if token != "" else {}
        text = body
        if isinstance(body, (dict, list)):
            text = json.dumps(body)
            sent["Content-Type"] = "application/json"
        sent.update(headers or {})
        connection = http.client.HTTPConnection("127.0.0.1", self.dashboard.port, timeout=ANSWER_S)
        try:
            connection.request(method, path, text, sent)
            response = connection.getresponse()
            return Reply(response, response.read())
        finally:
            connection.close()

    def get(self, path, **more):
        reply = self.call("GET", path, **more)
        self.assertEqual(200, reply.status, reply)
        return reply.json["data"] if path.startswith("/admin/") else reply.json

    def refused(self, status, method, path, body=None, **more):
        """The text of a refusal."""
        reply = self.call(method, path, body, **more)
        self.assertEqual(status, reply.status, reply)
        self.assertRegex(reply.headers["X-Request-Id"], r"^[0-9a-f]{16}$")
        self.assertEqual(["error"], list(reply.json))
        return reply.error

    def login(self, password=PASSWORD, username=USER, **more):
        return self.call("POST", "/admin/api/login", {"username": username, "password": password}, token="", **more)

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.dashboard.port), timeout=30)

    def raw(self, data):
        """What comes back for these bytes, until the server closes or has answered once; b"" if it just closes."""
        with self.connect() as connection:
            connection.sendall(data)
            connection.settimeout(10)
            return answer_of(connection)

    def app(self, name="Demo app"):
        reply = self.call("POST", "/admin/api/apps", {"app_name": name, "base_url": "https://client.example/hooks"})
        self.assertEqual(201, reply.status, reply)
        return reply.data["app_id"]

    def link(self, app_id, url="https://github.com/octocat/hello-world"):
        reply = self.call("POST", "/admin/api/apps/%s/repositories" % app_id, {"url": url})
        self.assertEqual(201, reply.status, reply)
        return reply.data["repository_id"]

    def fail_links(self, why="no route"):
        self.stores.psql.execute("UPDATE reprise.app_repositories SET result = 'failed', last_error = '%s';" % why)

    def worker(self):
        worker = programs.Worker(self.env, self.place / "worker.log")
        self.addCleanup(worker.end_at_once)
        eventually(lambda: self.call("GET", "/ready", token="").json["ready"], "a worker is alive")
        return worker


def answer_of(connection):
    """One answer with its body, from a socket."""
    data = b""
    try:
        while True:
            head, _, rest = data.partition(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head.lower())
            if length and b"\r\n\r\n" in data and len(rest) >= int(length.group(1)):
                return data
            more = connection.recv(65536)
            if not more:
                return data
            data += more
    except (ConnectionResetError, BrokenPipeError):
        return data


def status_of(data):
    """The status of a raw answer; 0 if there was none."""
    return int(data.split(b" ", 2)[1]) if data.startswith(b"HTTP/1.1 ") else 0
