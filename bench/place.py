"""A place to measure in: private durable stores, programs of the release build, and an end of all of it by process id.

`with Place(programs) as place:` gives fresh stores each time, so that no measure sees the dead rows of another.
"""
import json
import os
import pathlib
import secrets
import shutil
import signal
import subprocess
import time

import postgres
import redis

ROOT = pathlib.Path(__file__).resolve().parent.parent
PATIENCE_S = 60


PROGRAMS = {"worker": "worker/worker", "producer": "producer/producer", "dashboard": "dashboard/dashboard",
            "receiver": "tests/receiver/receiver", "hand": "bench/bench_hand", "poster": "bench/bench_poster",
            "similarity": "bench/bench_similarity"}


def path_of(build, name):
    return build / PROGRAMS[name]


class Trouble(Exception):
    """A measure cannot run, or what it waits for does not come; the text says which."""


def await_true(what, condition, patience_s=PATIENCE_S, every_s=0.005):
    """Asks until the answer is true, and returns it."""
    end = time.monotonic() + patience_s
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            raise Trouble("%s did not come within %d s" % (what, patience_s))
        time.sleep(every_s)


def children_of(pid):
    try:
        text = pathlib.Path("/proc/%d/task/%d/children" % (pid, pid)).read_text()
    except OSError:
        return []
    return [int(word) for word in text.split()]


class Program:
    """A process of ours: told to end when this one does, however that ends."""

    def __init__(self, argv, log, env, **pipes):
        self.log = log
        with open(log, "ab") as out:
            self.process = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", "--"] + [str(word) for word in argv],
                                            env=env, stderr=out, stdin=pipes.get("stdin", subprocess.DEVNULL),
                                            stdout=pipes.get("stdout", out), text=True, cwd=os.path.dirname(log))
        self.pid = self.process.pid

    def is_running(self):
        return self.process.poll() is None

    def children(self):
        return children_of(self.pid)

    def kill_with_children(self):
        """SIGKILL to the process first, so that it restarts no process, then to what it had started."""
        children = self.children()
        for pid in [self.pid] + children:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()

    def end(self, patience_s=20):
        if self.is_running():
            self.process.terminate()
            try:
                self.process.wait(patience_s)
            except subprocess.TimeoutExpired:
                self.kill_with_children()

    def last_words(self):
        return pathlib.Path(self.log).read_text(errors="replace")[-500:]


class Place:
    def __init__(self, programs):
        self.programs = programs
        self.running = []

    def __enter__(self):
        made = subprocess.run([ROOT / "scripts/place_for_servers.sh", "reprise-bench"], check=True, capture_output=True,
                              text=True)
        self.directory = pathlib.Path(made.stdout.strip())
        try:
            self._start_stores()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for program in reversed(self.running):
            program.end()
        for client in ("postgres", "redis"):
            if hasattr(self, client):
                getattr(self, client).close()
        if hasattr(self, "stores"):
            self.stores.stdin.close()
            self.stores.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    # ---- stores ---------------------------------------------------------------------------------------------------

    def _start_stores(self):
        where = self.directory / "stores"
        self.stores = subprocess.Popen([ROOT / "scripts/private-stores.sh", "run", where, "--durable"], text=True,
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        if self.stores.stdout.readline().strip() != "ready":
            raise Trouble("the private stores did not start")
        self.env = self._environment(where)
        self._migrate()
        self.postgres = self.connect()
        self.redis = redis.Redis(str(where / "redis.sock"))

    def connect(self):
        return postgres.Postgres(str(self.directory / "stores"))

    def _environment(self, where):
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("REPRISE_", "PG", "GIT_"))}
        for name in ("clones", "origins", "home"):
            (self.directory / name).mkdir()
        host = str(where).replace("/", "%2F")
        clean.update(HOME=str(self.directory / "home"), LC_ALL="C.UTF-8",
                     REPRISE_POSTGRES_URL="postgresql:///reprise?host=%s&user=reprise" % host,
                     REPRISE_REDIS_URL="unix://%s/redis.sock" % where,
                     REPRISE_DEFINITIONS_DIR=str(ROOT / "definitions"),
                     REPRISE_GIT_REPOSITORIES_DIR=str(self.directory / "clones"),
                     REPRISE_GIT_FILE_ROOTS=str(self.directory / "origins"),
                     REPRISE_DELIVER_ALLOW_PRIVATE="127.0.0.0/8",
                     REPRISE_LOG_FORMAT="json", REPRISE_SCHEDULE_ENABLED="false",
                     REPRISE_ENCRYPTION_KEY=secrets.token_hex(32))
        return clean

    def _migrate(self):
        """A worker brings the schema up to date when it starts."""
        worker = self.start_worker()
        self.end(worker)

    # ---- programs -------------------------------------------------------------------------------------------------

    def path_of(self, name):
        path = path_of(self.programs, name)
        if not path.exists():
            raise Trouble("there is no %s" % path)
        return path

    def start(self, name, *words, settings=None, **pipes):
        log = self.directory / ("%s-%d.log" % (name, len(self.running)))
        program = Program([self.path_of(name), *words], str(log), dict(self.env, **(settings or {})), **pipes)
        self.running.append(program)
        return program

    def end(self, program):
        program.end()
        self.running.remove(program)

    def start_worker(self, *words, settings=None):
        """Returns once all its executors are connected and it has shown a sign of life."""
        worker = self.start("worker", *words, settings=settings)

        def lives():
            if not worker.is_running():
                raise Trouble("the worker ended at its start: " + worker.last_words())
            return self.pids_that_live() & set(worker.children())

        await_true("a worker's first heartbeat", lives)
        return worker

    def pids_that_live(self):
        client = redis.Redis(str(self.directory / "stores/redis.sock"))
        try:
            beats = [client.run("GET", key) for key in client.keys(redis.PREFIX + ":worker:*")]
        finally:
            client.close()
        return {json.loads(beat)["pid"] for beat in beats if beat}

    def start_hand(self):
        return Hand(self.start("hand", stdin=subprocess.PIPE, stdout=subprocess.PIPE))

    def producer(self, *words):
        """Runs it to its end; returns what it printed as JSON and the seconds it took."""
        begun = time.monotonic()
        command = [self.path_of("producer"), *words, "--json"]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True)
        took = time.monotonic() - begun
        if done.returncode != 0:
            raise Trouble("producer %s: %s" % (" ".join(words), done.stderr.strip()[-300:]))
        return json.loads(done.stdout), took

    def producer_plain(self, *words):
        subprocess.run([self.path_of("producer"), *words], env=self.env, capture_output=True, check=True)

    # ---- operations -----------------------------------------------------------------------------------------------

    def await_end(self, operation_id, patience_s=600):
        state = await_true("the end of " + operation_id, lambda: self._ended(operation_id), patience_s, 0.05)
        if state != "completed":
            raise Trouble("%s ended as %s" % (operation_id, state))

    def _ended(self, operation_id):
        state = self.postgres.value("SELECT state FROM tally WHERE operation_id = '%s'" % operation_id)
        return state if state in ("completed", "failed", "cancelled") else None


class Hand:
    """bench_hand, which asks as producer does and tells the time of it."""

    def __init__(self, program):
        self.program = program

    def ask(self, task, *words):
        self.program.process.stdin.write(" ".join((task,) + words) + "\n")
        self.program.process.stdin.flush()
        line = self.program.process.stdout.readline()
        if not line:
            raise Trouble("bench_hand ended: " + self.program.last_words())
        answer = json.loads(line)
        if "error" in answer:
            raise Trouble("bench_hand: " + answer["error"])
        return answer

    def operation(self, definition, **args):
        return self.ask("ask", definition, json.dumps(args))
