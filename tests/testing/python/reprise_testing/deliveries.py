"""What tests of deliveries need beside the stores: a git repository to watch, and a receiver to deliver to."""
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import urllib.parse
import urllib.request

from reprise_testing.programs import environment, program
from reprise_testing.stores import ROOT
from reprise_testing.waiting import eventually

# Of the receiver's counts, those that are zero whatever happens: what it was sent was well-formed, signed and in order.
FAULTS = ("bad_headers", "bad_times", "bad_signatures", "bad_bodies", "bad_order", "key_conflicts", "incomplete")


class Repository:
    """A git repository in a directory; what is committed there is what is delivered."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.git("init", "-q", "-b", "trunk", str(self.directory), cwd="/")
        self.files = {}

    @property
    def url(self):
        return "file://" + urllib.parse.quote(str(self.directory))

    def commit(self, files, removed=()):
        """Writes files (path: bytes), removes others, and commits all."""
        for path, content in files.items():
            place = self.directory / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        for path in removed:
            (self.directory / path).unlink()
            del self.files[path]
        self.files.update(files)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "work")

    def head(self):
        """What a receiver must hold: path to SHA-256."""
        return {path: hashlib.sha256(content).hexdigest() for path, content in self.files.items()}

    def git(self, *words, cwd=None, given=b""):
        """Runs git there; what it printed. No settings of the caller's reach it."""
        env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "A",
               "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.org"}
        return subprocess.run(["git", *words], check=True, env=env, cwd=cwd or self.directory, input=given,
                              stdout=subprocess.PIPE).stdout


class Receiver:
    """The client app. It verifies all signatures with `key`. `log`: a file for a line about each request."""

    def __init__(self, folder, key="receiver-test-key-0123456789", log=None):
        self.key = key
        self._log = log
        port_file = pathlib.Path(folder) / "port"
        more = ["--log", str(log)] if log else []
        self._process = subprocess.Popen([program("receiver"), "--port-file", str(port_file), "--key", key,
                                          "--die-with-parent", *more], stdin=subprocess.DEVNULL)
        eventually(lambda: port_file.exists() and port_file.read_text().strip(), "the receiver listens")
        self.url = "http://127.0.0.1:%d" % int(port_file.read_text())

    def freeze(self):
        """Nothing is answered until it thaws."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self._process.send_signal(signal.SIGCONT)

    def stop(self):
        self.thaw()
        self._process.terminate()
        code = self._process.wait()
        assert code == 0, "the receiver ended with %d" % code

    def stats(self):
        return self._ask("stats")

    def faults(self):
        stats = self.stats()
        return {name: stats[name] for name in FAULTS if stats[name] != 0}

    def files(self, app_id, repository_id):
        return self._ask("files?app=%s&repository=%s" % (app_id, repository_id))

    def requests(self, app_id):
        """What the app was sent, in order, as the log has it; see tests/receiver/record.h."""
        self.stats()  # writes the log out
        lines = [json.loads(line) for line in self._log.read_text().splitlines()]
        return [line for line in lines if line["app"] == app_id]

    def behave(self, *rules):
        """See tests/receiver/behave.h; none = well."""
        self._ask("behave", json.dumps(rules).encode())

    def _ask(self, what, body=None):
        with urllib.request.urlopen(self.url + "/_/" + what, data=body, timeout=30) as answer:
            return json.load(answer)


def settings(folder):
    """What programs must be told to deliver from a directory on this machine to a receiver on it."""
    return {"REPRISE_GIT_FILE_ROOTS": str(folder), "REPRISE_DELIVER_ALLOW_PRIVATE": "127.0.0.1",
            "REPRISE_GIT_REPOSITORIES_DIR": str(pathlib.Path(folder) / "clones")}


def quick_definitions(folder):
    """The house's definitions, with a back-off of 50 ms instead of seconds."""
    shutil.copytree(ROOT / "definitions", folder)
    for file in folder.glob("*.yaml"):
        file.write_text(re.sub(r"base: 1s, max: 60s", "base: 50ms, max: 1s", file.read_text()))
    return folder


class Register:
    """Registers apps and repositories by the producer."""

    def __init__(self, stores, folder):
        self._env = environment(stores, **settings(folder))
        self._run("migrate")

    def app(self, name, receiver):
        return self._run("add-app", name, receiver.url, "--key-stdin", stdin=receiver.key)["app_id"]

    def repository(self, app_id, repository):
        return self._run("add-repository", app_id, repository.url)["repository_id"]

    def _run(self, *words, stdin=""):
        answer = subprocess.run([program("producer"), *words, "--json"], env=self._env, input=stdin, text=True,
                                capture_output=True, timeout=60)
        if answer.returncode != 0:
            raise AssertionError("producer %s: %d\n%s%s" % (words, answer.returncode, answer.stdout, answer.stderr))
        return json.loads(answer.stdout)
