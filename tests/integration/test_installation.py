"""cmake --install: what it puts where, and that it is enough to work with."""
import hashlib
import os
import shutil
import subprocess

from harness import DONE, ProducerTest, main
from reprise_testing.stores import ROOT

PROGRAMS = ("worker", "producer", "dashboard")
NAMES = {"reprise-worker": "worker", "reprise": "producer", "reprise-dashboard": "dashboard"}
UNITS = ("reprise-worker.service", "reprise-dashboard.service")


class Installation(ProducerTest):
    def setUp(self):
        super().setUp()
        self.prefix = self.place / "a prefix"
        self.definitions = self.prefix / "share" / "reprise" / "definitions"
        self.install()

    def install(self, **env):
        """What it says beside CMake's own lines."""
        done = subprocess.run(["cmake", "--install", os.environ["REPRISE_BUILD_DIR"], "--prefix", self.prefix], check=True,
                              env={**os.environ, **env}, capture_output=True, text=True, timeout=120)
        return done.stderr

    def run_installed(self, name, *words, **env):
        return subprocess.run([self.prefix / "bin" / name, *words], env={**self.env, **env}, cwd=self.place, capture_output=True,
                              text=True, timeout=60)

    def names(self, *below):
        return {path.name for path in self.prefix.joinpath(*below).iterdir()}

    def test_what_is_installed(self):
        self.assertEqual({"bin", "share", "etc", "lib"}, self.names())
        self.assertEqual(set(PROGRAMS) | set(NAMES), self.names("bin"))
        for kind in ("definitions", "prices"):
            self.assertEqual({path.name for path in (ROOT / kind).glob("*.yaml")} | {".installed"},
                             self.names("share", "reprise", kind))
        docs = self.prefix / "share" / "doc" / "reprise"
        for file in ("README.md", "LICENSE", "docs/operating.md"):
            self.assertEqual((ROOT / file).read_bytes(), (docs / file).read_bytes())

    def test_it_works_from_there_and_finds_what_was_installed_with_it(self):
        self.env.pop("REPRISE_DEFINITIONS_DIR")
        asked = self.run_installed("reprise", "definitions")
        self.assertEqual(DONE, asked.returncode, asked.stderr)
        for name in ("resync-app", "sync-history", "rescan"):
            self.assertIn(name, asked.stdout)
        path = self.stores.psql.rows("SELECT path FROM reprise.workflow_definitions WHERE handle = 'noop';")
        self.assertEqual([[str(self.definitions / "noop.yaml")]], [list(row) for row in path])

    def test_a_setting_says_otherwise(self):
        own = self.place / "own"
        own.mkdir()
        shutil.copy(ROOT / "definitions" / "noop.yaml", own)
        asked = self.run_installed("producer", "resync-definitions", REPRISE_DEFINITIONS_DIR=str(own))
        self.assertIn("1 new", asked.stdout)

    def test_each_program_has_a_name_of_its_own(self):
        for name, program in NAMES.items():
            self.assertEqual("%s %s" % (program, self.version()), self.run_installed(name, "--version").stdout.strip())
            self.assertTrue((self.prefix / "share" / "man" / "man1" / (name + ".1")).exists())

    def version(self):
        return self.run_installed("producer", "--version").stdout.split()[1]

    # ---- what a person edits ---------------------------------------------------------------------------------------

    def test_an_edited_definition_stays(self):
        edited = self.definitions / "noop.yaml"
        text = edited.read_text() + "# ours\n"
        edited.write_text(text)
        self.assertNotIn("noop", self.install())
        self.assertEqual(text, edited.read_text())
        self.assertEqual([], list(self.definitions.glob("*.new")), "the one that is shipped is the one that was installed")

    def test_a_newer_one_is_put_beside_an_edited_one_and_replaces_others(self):
        edited, other = self.definitions / "noop.yaml", self.definitions / "rescan.yaml"
        shipped = {path: path.read_bytes() for path in (edited, other)}
        for path in shipped:
            self.as_an_older_release_installed_it(path, b"# older\n")
        edited.write_text("# edited\n")
        said = self.install()
        self.assertIn("%s was edited" % edited, said)
        self.assertEqual(("# edited\n", shipped[edited]), (edited.read_text(), (self.definitions / "noop.yaml.new").read_bytes()))
        self.assertEqual(shipped[other], other.read_bytes())
        self.assertNotIn("rescan", said)

    def as_an_older_release_installed_it(self, path, content):
        record = path.parent / ".installed"
        now = hashlib.sha256(path.read_bytes()).hexdigest()
        record.write_text(record.read_text().replace(now, hashlib.sha256(content).hexdigest()))
        path.write_bytes(content)

    def test_without_a_record_what_differs_counts_as_edited(self):
        (self.definitions / ".installed").unlink()
        (self.definitions / "noop.yaml").write_text("# edited\n")
        self.install()
        self.assertEqual("# edited\n", (self.definitions / "noop.yaml").read_text())

    def test_a_removed_one_stays_away(self):
        (self.definitions / "noop.yaml").unlink()
        self.assertIn("noop.yaml was removed here", self.install())
        self.assertFalse((self.definitions / "noop.yaml").exists())

    # ---- settings and services -------------------------------------------------------------------------------------

    def settings(self):
        return self.prefix / "etc" / "reprise" / "reprise.yaml"

    def test_the_file_of_settings_names_each_and_changes_none(self):
        text = self.settings().read_text(encoding="utf-8")
        names = {line.split()[0] for line in self.run_installed("producer", "--print-config").stdout.splitlines()}
        for name in names:
            self.assertIn("\n#%s: " % name, text)
        plain = self.run_installed("producer", "--print-config").stdout
        self.assertEqual(plain, self.run_installed("producer", "--config", self.settings(), "--print-config").stdout)

    def test_each_line_of_it_can_be_taken_in_by_every_program(self):
        text = self.settings().read_text(encoding="utf-8")
        secrets = ("encryption.key", "encryption.key_old", "jwt.secret", "dashboard.password_hash")
        lines = [line[1:] for line in text.splitlines() if line.startswith("#") and not line.startswith("# ")]
        self.settings().write_text("\n".join(line for line in lines if line.split(":")[0] not in secrets), encoding="utf-8")
        env = {name: value for name, value in self.env.items() if not name.startswith("REPRISE_")}
        for name in NAMES:
            with self.subTest(program=name):
                shown = subprocess.run([self.prefix / "bin" / name, "--config", self.settings(), "--print-config"], env=env,
                                       cwd=self.place, capture_output=True, text=True, timeout=60)
                self.assertEqual((DONE, ""), (shown.returncode, shown.stderr))
                self.assertRegex(shown.stdout, r"deliver\.parallel = 4 +# file")

    def test_an_edited_file_of_settings_stays(self):
        self.settings().write_text("deliver.parallel: 7\n")
        self.install()
        self.assertEqual("deliver.parallel: 7\n", self.settings().read_text())

    def test_a_package_has_its_settings_in_etc(self):
        stage = self.place / "stage"
        subprocess.run(["cmake", "--install", os.environ["REPRISE_BUILD_DIR"], "--prefix", "/usr"], check=True,
                       env={**os.environ, "DESTDIR": str(stage)}, stdout=subprocess.DEVNULL, timeout=120)
        self.assertTrue((stage / "etc" / "reprise" / "reprise.yaml").exists())
        unit = (stage / "usr" / "lib" / "systemd" / "system" / UNITS[0]).read_text()
        self.assertIn('ExecStart="/usr/bin/reprise-worker" \n', unit)
        self.assertTrue((stage / "usr" / "bin" / "reprise").is_symlink())

    def test_the_services_are_what_systemd_takes(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("systemd-analyze is not installed")
        place = self.prefix / "lib" / "systemd" / "system"
        said = subprocess.run(["systemd-analyze", "verify", "--man=no", *(place / unit for unit in UNITS)], capture_output=True,
                              text=True, timeout=120)
        ours = [line for line in (said.stdout + said.stderr).splitlines() if "reprise" in line]
        self.assertEqual([], ours)
        self.assertIn("u reprise ", (self.prefix / "lib" / "sysusers.d" / "reprise.conf").read_text())

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
