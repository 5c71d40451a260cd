"""The client apps of examples/receivers/, as docs/receiver.md gives them, against a real worker: byte for byte."""
import os
import pathlib
import random
import shutil
import subprocess
import sys
import unittest

from delivering import DeliveryTest
from harness import FAILED, eventually, main
from reprise_testing.stores import ROOT

KEY = "example-receiver-key-0123456789"
MIB = 1024 * 1024


class Example:
    """A receiver as a person starts it."""

    def __init__(self, command, directory, key=KEY):
        self.directory, self.log = pathlib.Path(directory), pathlib.Path("%s.log" % directory)
        with self.log.open("wb") as log:
            self._process = subprocess.Popen([*command, "0", self.directory], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                             env={"PATH": os.environ["PATH"], "RECEIVER_KEY": key})
        self.url = "http://127.0.0.1:%s" % eventually(self._port, "%s listens" % command[-1])

    def _port(self):
        first = self.log.read_text().partition("\n")
        return first[1] and first[0].removeprefix("listening on port ")

    def files(self, repository_id):
        home = self.directory / repository_id
        return {path.relative_to(home).as_posix(): path.read_bytes() for path in home.rglob("*") if path.is_file()}

    def stop(self):
        self._process.terminate()
        self._process.wait()


class ExampleReceivers:
    """What each must do; `example_command` starts it."""

    def setUp(self):
        super().setUp()
        self.example = self.start()

    def start(self, key=KEY):
        example = Example(self.example_command(), self.place / ("kept-%d" % len(list(self.place.iterdir()))), key)
        self.addCleanup(example.stop)
        return example

    def linked(self, repository, example=None):
        app_id = self.ask("add-app", self.name, (example or self.example).url, "--key-stdin", stdin=KEY)["app_id"]
        return app_id, self.new_link(app_id, repository.url)

    def assert_kept(self, repository_id, repository):
        kept = self.example.files(repository_id)
        self.assertEqual(sorted(repository.files), sorted(kept))
        for path, content in repository.files.items():
            self.assertEqual(content, kept[path], "%s: %d bytes, kept %d" % (path, len(content), len(kept[path])))

    def test_every_kind_of_file_arrives_byte_for_byte(self):
        chance = random.Random(7)
        files = {"read me.md": "# ü世界\n\"q\"\\\b\u2028".encode(), "empty": b"", "all-bytes": bytes(range(256)), "tab\tname": b"\t",
                 "long.txt": ("Zeile ä€\n" * 300000).encode(), "at-limit.bin": b"\0" + chance.randbytes(MIB - 1),
                 "over-limit.bin": b"\0" + chance.randbytes(MIB), "big.bin": b"\0" + chance.randbytes(3000000)}
        files.update({"many/%d/%03d.c" % (i % 7, i): b"int f%d(void);\n" % i for i in range(300)})
        repository = self.new_repository(files)
        app_id, repository_id = self.linked(repository)
        outcome = self.deliver("resync", app_id, repository_id)
        self.assertEqual("succeeded", outcome["outcome"], outcome)
        self.assert_kept(repository_id, repository)

    def test_changes_arrive_also_where_a_file_becomes_a_folder(self):
        repository = self.new_repository({"file": b"1\n", "folder/deep/one": b"1\n", "same": b"s\n", "changed": b"old\n"})
        app_id, repository_id = self.linked(repository)
        self.deliver("resync", app_id, repository_id)
        repository.commit({}, removed=["file", "folder/deep/one"])
        shutil.rmtree(repository.directory / "folder", True)
        repository.commit({"file/within": b"2\n", "folder": b"2\n", "changed": b"\0new"})
        self.look_again(app_id, repository_id)
        self.assert_kept(repository_id, repository)
        repository.commit({}, removed=list(repository.files))
        self.look_again(app_id, repository_id)
        self.assert_kept(repository_id, repository)
        repository.commit({"back": b"again\n"})
        self.look_again(app_id, repository_id)
        self.assert_kept(repository_id, repository)

    def test_a_repeated_resync_replaces_what_is_there(self):
        repository = self.new_repository({"a": b"a\n", "b.bin": b"\0" * (2 * MIB)})
        app_id, repository_id = self.linked(repository)
        for _ in range(2):
            self.deliver("resync", app_id, repository_id)
        self.assert_kept(repository_id, repository)

    def test_a_sender_with_another_key_is_refused(self):
        other = self.start(key="another-key-0123456789")
        app_id, repository_id = self.linked(self.new_repository({"a": b"a\n"}), other)
        outcome = self.deliver("resync", app_id, repository_id, code=FAILED)
        self.assertIn("HTTP 401 Unauthorized (the receiver refuses this request): unknown sender", outcome["error"])
        self.assertEqual({}, other.files(repository_id))

    def test_a_repository_that_cannot_be_fetched_is_told(self):
        repository = self.new_repository({"a": b"a\n"})
        app_id, repository_id = self.linked(repository)
        shutil.rmtree(repository.directory)
        self.stores.psql.execute("UPDATE reprise.repositories SET consecutive_failures = 4 WHERE repository_id = '%s'" % repository_id)
        self.expect(FAILED, "resync", app_id, repository_id)
        eventually(lambda: "git_failure" in self.example.log.read_text(), "the receiver prints what it was told")


class PythonReceiver(ExampleReceivers, DeliveryTest):
    def example_command(self):
        return [sys.executable, "-B", ROOT / "examples" / "receivers" / "receiver.py"]


class NodeReceiver(ExampleReceivers, DeliveryTest):
    @classmethod
    def setUpClass(cls):
        if shutil.which("node") is None:
            raise unittest.SkipTest("node is not installed")
        super().setUpClass()

    def example_command(self):
        return ["node", ROOT / "examples" / "receivers" / "receiver.mjs"]


if __name__ == "__main__":
    main()
