#!/usr/bin/env python3
"""A whole installation for the browser tests: private stores, a worker, the receiver, the dashboard, and something to see.

It reads commands from stdin, one JSON object a line, and answers each with one line: {"ok": …} or {"error": "…"}. It ends
with its stdin, and everything with it. The first line that it writes is what it made: address, user, password, ids.
"""
import datetime
import json
import pathlib
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

from reprise_testing import deliveries, programs, stores
from reprise_testing.waiting import eventually

sys.path[:0] = [str(stores.ROOT / "scripts"), str(stores.ROOT / "bench")]
import large  # noqa: E402
import sample_runs  # noqa: E402

USER = "admin"
# Texts that would do harm if a page took them for markup.
NASTY = "<img src=x onerror=alert(1)>"
SMALL_REPOSITORIES = 24
RUNS = 60
NPM_EVERY = 5  # each so many runs speak of this
NPM_TEXT = " Update the <b>npm dependencies</b>."


def recent_runs(folder):
    """Sample runs of the last weeks, two a day; the directory."""
    folder.mkdir()
    now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    for number in range(1, RUNS + 1):
        file = folder / sample_runs.make_run(str(folder), number, agents=3)[0] / "adw_state.json"
        state = json.loads(file.read_text())
        start = now - datetime.timedelta(hours=12 * number)
        state["start_time"] = start.isoformat()
        if "end_time" in state:
            state["end_time"] = (start + datetime.timedelta(minutes=3 + number % 17)).isoformat()
        if number % NPM_EVERY == 0:
            state["nl_input"] += NPM_TEXT
        file.write_text(json.dumps(state))
    return folder


class Dashboard:
    """The program; it keeps its port when it is started again."""

    def __init__(self, env, log):
        self._port = _free_port()
        self.password = secrets.token_urlsafe(12)
        answer = subprocess.run([programs.program("dashboard"), "hash-password"], env=env, input=self.password, text=True,
                                capture_output=True, check=True, timeout=60)
        self._env = {**env, "REPRISE_DASHBOARD_USER": USER, "REPRISE_DASHBOARD_PASSWORD_HASH": answer.stdout.strip(),
                     "REPRISE_DASHBOARD_LISTEN": "127.0.0.1:%d" % self._port}
        self._log = log
        self._process = None
        self.url = "http://127.0.0.1:%d" % self._port

    def start(self, settings=None):
        with self._log.open("ab") as words:
            self._process = subprocess.Popen([programs.program("dashboard")], env={**self._env, **(settings or {})}, stdin=subprocess.DEVNULL,
                                             stdout=words, stderr=words, cwd=self._log.parent)
        eventually(self._answers, "the dashboard answers")

    def kill(self):
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self):
        if self._process.poll() is not None:
            raise RuntimeError("the dashboard ended:\n%s" % self._log.read_text(errors="replace")[-3000:])
        try:
            with urllib.request.urlopen(self.url + "/health", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False


class Installation:
    def __init__(self):
        self._end = []
        self.stores = self._owed(stores.Stores(durable=False), "stop")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="reprise-web-")).resolve()
        self._end.append(lambda: shutil.rmtree(self.folder, True))
        self.definitions = deliveries.quick_definitions(self.folder / "definitions")
        self.agents = recent_runs(self.folder / "agents")
        self.env = programs.environment(self.stores, definitions=self.definitions, REPRISE_HISTORY_AGENTS_DIR=self.agents,
                                        REPRISE_WORKER_EXECUTORS="delivery=2,history=1", **deliveries.settings(self.folder))
        self.receiver = self._owed(deliveries.Receiver(self.folder), "stop")
        self.apps = {}
        self._register()
        self.worker = self._owed(programs.Worker(self.env, self.folder / "worker.log"), "end_at_once")
        eventually(lambda: self.stores.redis("KEYS", "{reprise}:worker:*"), "the worker beats")
        self.dashboard = self._owed(Dashboard(self.env, self.folder / "dashboard.log"), "kill")
        self.dashboard.start()

    def _owed(self, thing, end):
        self._end.append(getattr(thing, end))
        return thing

    def end(self):
        for end in reversed(self._end):
            end()

    # ---- what there is to see ---------------------------------------------------------------------------------------

    def _register(self):
        self.producer("migrate")
        self._app("Acme Docs", ["repo-%02d" % i for i in range(SMALL_REPOSITORIES)])
        self._app("Beta %s Portal" % NASTY, ["good", "broken"])
        self._app("Empty", [])

    def _app(self, name, names):
        app_id = self.producer("add-app", name, self.receiver.url, "--key-stdin", given=self.receiver.key)["app_id"]
        links = {}
        place = self.folder / name.split()[0].lower()
        place.mkdir()
        for short in names:
            repository = deliveries.Repository(place / short)
            repository.commit({"%s.txt" % short: b"text of " + short.encode()})
            links[short] = self.producer("add-repository", app_id, repository.url)["repository_id"]
        self.apps[name.split()[0]] = {"app_id": app_id, "name": name, "links": links}

    def welcome(self):
        return {"url": self.dashboard.url, "user": USER, "password": self.dashboard.password, "apps": self.apps, "nasty": NASTY}

    # ---- commands -----------------------------------------------------------------------------------------------------

    def producer(self, *words, given=""):
        answer = subprocess.run([programs.program("producer"), *words, "--json"], env=self.env, input=given, text=True,
                                capture_output=True, timeout=120)
        if answer.returncode != 0:
            raise RuntimeError("producer %s: %d\n%s%s" % (words, answer.returncode, answer.stdout, answer.stderr))
        return json.loads(answer.stdout)

    def do_producer(self, words):
        return self.producer(*words)

    def do_behave(self, rules):
        """How the receiver misbehaves from now on; see tests/receiver/behave.h."""
        self.receiver.behave(*rules)

    def do_many_files(self, given):
        """A repository of an app with so many files: {app, name, files}."""
        repository = deliveries.Repository(self.folder / given["app"].lower() / given["name"])
        repository.commit({"docs/%03d.txt" % number: b"text %d" % number for number in range(given["files"])})
        return self.producer("add-repository", self.apps[given["app"]]["app_id"], repository.url)

    def do_sql(self, text):
        return self.stores.psql.rows(text)

    def do_fill(self, sizes):
        """The benchmark's large database: {runs, links, jobs}."""
        psql = self.stores.new_psql()
        psql.execute("SET search_path = reprise, public;")
        for text in large.texts(sizes["runs"], sizes["links"], sizes["jobs"]):
            for statement in text.split(";\n"):
                psql.execute(statement + ";")
        psql.close()

    def do_await_end(self, operation):
        eventually(lambda: self.stores.psql.number("SELECT count(*) FROM reprise.operation WHERE finished_at IS NOT NULL"
                                                   " AND operation_id = '%s'" % operation), "the operation's end", 600)

    def do_kill(self, _):
        self.dashboard.kill()

    def do_start(self, settings):
        self.dashboard.start(settings)

    def do_kill_redis(self, _):
        self.stores.kill_redis()

    def do_start_redis(self, _):
        self.stores.start_again()

    def do_definition(self, file):
        """Writes a definition's file: {name, text}."""
        (self.definitions / file["name"]).write_text(file["text"])

    def do_forget_sessions(self, _):
        self.stores.psql.execute("DELETE FROM reprise.dashboard_session")

    def do_log(self, _):
        return (self.folder / "dashboard.log").read_text(errors="replace")

    def obey(self, line):
        (name, given), = json.loads(line).items()
        try:
            return {"ok": getattr(self, "do_" + name)(given)}
        except Exception as trouble:  # whatever it is, the test must hear of it
            return {"error": "%s: %s" % (type(trouble).__name__, trouble)}


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main():
    try:
        installation = Installation()
    except stores.StoresMissing:
        sys.exit(stores.NOT_INSTALLED)
    try:
        print(json.dumps(installation.welcome()), flush=True)
        for line in sys.stdin:
            print(json.dumps(installation.obey(line)), flush=True)
    finally:
        installation.end()


main()
