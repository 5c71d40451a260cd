"""cmake --install: what it puts where, and that it is enough to work with."""
import os
import shutil
import subprocess

from harness import DONE, ProducerTest, main
from reprise_testing.stores import ROOT

PROGRAMS = ("worker", "producer", "dashboard")


class Installation(ProducerTest):
    def setUp(self):
        super().setUp()
        self.prefix = self.place / "a prefix"
        subprocess.run(["cmake", "--install", os.environ["REPRISE_BUILD_DIR"], "--prefix", self.prefix], check=True,
                       stdout=subprocess.DEVNULL, timeout=120)

    def names(self, *below):
        return {path.name for path in self.prefix.joinpath(*below).iterdir()}

    def test_what_is_installed(self):
        self.assertEqual({"bin", "share"}, self.names())
        self.assertEqual(set(PROGRAMS), self.names("bin"))
        for kind in ("definitions", "prices"):
            self.assertEqual({path.name for path in (ROOT / kind).glob("*.yaml")}, self.names("share", "reprise", kind))
        docs = self.prefix / "share" / "doc" / "reprise"
        for file in ("README.md", "LICENSE", "docs/operating.md"):
            self.assertEqual((ROOT / file).read_bytes(), (docs / file).read_bytes())

    def test_it_works_from_there(self):
        env = {**self.env, "REPRISE_DEFINITIONS_DIR": str(self.prefix / "share" / "reprise" / "definitions")}
        asked = subprocess.run([self.prefix / "bin" / "producer", "definitions"], env=env, cwd="/", capture_output=True,
                               text=True, timeout=60)
        self.assertEqual(DONE, asked.returncode, asked.stderr)
        for name in ("resync-app", "sync-history", "rescan"):
            self.assertIn(name, asked.stdout)

    def test_manual_pages_say_what_help_says(self):
        for name in PROGRAMS:
            with self.subTest(program=name):
                page = self.prefix / "share" / "man" / "man1" / (name + ".1")
                text = page.read_text(encoding="utf-8").replace("\\-", "-").replace("\\&", "").replace("\\e", "\\")
                said = subprocess.run([self.prefix / "bin" / name, "--help"], capture_output=True, text=True).stdout
                for line in said.splitlines()[1:]:
                    self.assertIn(line, text)
                self.check_format(page)
        pages = self.prefix / "share" / "man" / "man1" / "producer.1"
        self.assertIn(".SH RESYNC\\-APP\n", pages.read_text(encoding="utf-8"))

    def check_format(self, page):
        """Where the formatter is installed: it has nothing to complain of."""
        if shutil.which("groff"):
            answer = subprocess.run(["groff", "-man", "-Tutf8", "-Kutf8", "-ww", page], capture_output=True, text=True, timeout=60)
            self.assertEqual((DONE, ""), (answer.returncode, answer.stderr))


if __name__ == "__main__":
    main()
