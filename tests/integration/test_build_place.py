"""scripts/build.sh in checkouts whose paths mean something to CMake, Ninja or a shell: a small project stands for ours."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from harness import DONE, main
from reprise_testing.stores import ROOT

PRESETS = """{"version": 6, "configurePresets": [
    {"name": "release", "generator": "Ninja", "binaryDir": "${sourceDir}/build/release"}]}"""
PROJECT = """cmake_minimum_required(VERSION 3.25)
project(small NONE)
add_custom_command(OUTPUT made COMMAND ${CMAKE_COMMAND} -E copy ${CMAKE_SOURCE_DIR}/given made DEPENDS given VERBATIM)
add_custom_target(everything ALL DEPENDS made)
"""


class BuildPlace(unittest.TestCase):
    def setUp(self):
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="reprise-build-test-")).resolve()
        self.addCleanup(shutil.rmtree, self.place, True)

    def checkout(self, name):
        root = self.place / name / "checkout"
        (root / "scripts").mkdir(parents=True)
        shutil.copy(ROOT / "scripts" / "build.sh", root / "scripts")
        for file, text in (("CMakeLists.txt", PROJECT), ("CMakePresets.json", PRESETS), ("given", name)):
            (root / file).write_text(text)
        return root

    def build(self, root, *words):
        return subprocess.run([root / "scripts" / "build.sh", *words], capture_output=True, text=True, timeout=120, cwd="/",
                              env={**os.environ, "TMPDIR": str(self.place)})

    def built(self, root):
        """Where it was built; what was made there is the checkout's."""
        answer = self.build(root, "release")
        self.assertEqual(DONE, answer.returncode, answer.stdout + answer.stderr)
        place = pathlib.Path(self.build(root, "--where", "release").stdout.rstrip("\n"))
        self.assertEqual((root / "given").read_text(), (place / "made").read_text())
        return place

    def test_in_the_checkout_where_its_path_will_do(self):
        for name in ("plain", "with spaces", "größe", "a+b=c,d@e~f"):
            with self.subTest(name=name):
                root = self.checkout(name)
                self.assertEqual(root / "build" / "release", self.built(root))

    def test_elsewhere_through_a_link_where_it_will_not(self):
        for name in ("a#b", "a;b", "$HOME", "it's", 'say "x"', "(1) & 2", "a:b", "back\\slash", "*"):
            with self.subTest(name=name):
                root = self.checkout(name)
                place = self.built(root)
                self.assertTrue(place.is_relative_to(self.place / ("reprise-build-%d" % os.geteuid())))
                self.assertEqual(place, self.built(root), "again, it is the same")
                self.assertFalse((root / "build").exists())

    def test_a_temporary_directory_that_will_not_do_either_is_told(self):
        self.place = self.place / "t#mp"
        answer = self.build(self.checkout("a#b"), "release")
        self.assertEqual(1, answer.returncode)
        self.assertIn("set TMPDIR to a directory with a plain path", answer.stderr)


if __name__ == "__main__":
    main()
