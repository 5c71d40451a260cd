"""The demo on a terminal, ended in each way a person may end it: nothing is left running, nothing is left behind.

It runs the release programs, which scripts/test.sh has built; elsewhere this is skipped, as it would have to build them.
"""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import unittest

from harness import DONE, INTERRUPTED, eventually, main
from reprise_testing.stores import ROOT
from reprise_testing.terminal import CTRL_C, Terminal

DEMO = str(ROOT / "scripts" / "demo.sh")
LINK = ROOT / ".run"
UP_S = 300
LEFT_EARLY = 141


def below(place):
    """The processes that have to do with a directory: what they were told, or where they work, is in it."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            told = (process / "environ").read_bytes() + os.fsencode(os.readlink(process / "cwd"))
        except OSError:  # gone, or another user's
            continue
        if os.fsencode(str(place)) in told:
            found.append((process / "cmdline").read_bytes())
    return found


@unittest.skipUnless(os.environ.get("REPRISE_DEMO"), "the release programs are not built (scripts/test.sh does it)")
class Demo(unittest.TestCase):
    def setUp(self):
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="rd-", dir="/tmp")).resolve()
        self.place.chmod(0o755)
        self.addCleanup(shutil.rmtree, self.place, True)
        self.addCleanup(self.remove_link)
        self.env = {**os.environ, "TMPDIR": str(self.place)}

    def start(self, *words):
        terminal = Terminal([DEMO, "--yes", *words], self.env, ROOT)
        self.addCleanup(terminal.close)
        return terminal

    def assert_nothing_is_left(self):
        eventually(lambda: not below(self.place), "no process is left: %s" % below(self.place), 30)
        self.assertEqual([], os.listdir(self.place))
        self.assertFalse(self.has_link())

    def has_link(self):
        return LINK.is_symlink() and str(self.place) in os.readlink(LINK)

    def remove_link(self):
        if self.has_link():
            LINK.unlink()

    def test_ctrl_c_while_it_stays_up(self):
        demo = self.start()
        demo.until("  password  ", UP_S)
        self.assertGreater(len(below(self.place)), 6)
        demo.type(CTRL_C)
        self.assertEqual(INTERRUPTED, demo.code())
        self.assertIn("Ending …", demo.rest)
        self.assertIn("Ended; nothing is left running.", demo.rest)
        self.assertTrue(demo.is_in_order())
        self.assert_nothing_is_left()

    def test_ctrl_c_while_it_works(self):
        for words in ("== Starting", "== Costs"):
            with self.subTest(words=words):
                demo = self.start()
                demo.until(words, UP_S)
                demo.type(CTRL_C)
                self.assertEqual(INTERRUPTED, demo.code())
                self.assertTrue(demo.is_in_order())
                self.assert_nothing_is_left()

    def test_the_terminal_is_closed(self):
        demo = self.start()
        demo.until("  password  ", UP_S)
        demo.hang_up()
        self.assertEqual(INTERRUPTED, demo.program.wait(60))
        self.assert_nothing_is_left()

    def test_it_is_killed(self):
        """What runs ends; the directory stays until the next demo in this checkout."""
        demo = self.start()
        demo.until("  password  ", UP_S)
        demo.program.send_signal(signal.SIGKILL)
        demo.program.wait(30)
        eventually(lambda: not below(self.place), "no process is left", 30)

    def test_its_reader_leaves(self):
        demo = subprocess.Popen([DEMO, "--yes", "--once"], env=self.env, cwd=ROOT, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.addCleanup(demo.wait)
        demo.stdout.readline()
        demo.stdout.close()
        self.assertEqual(LEFT_EARLY, demo.wait(UP_S))
        self.assert_nothing_is_left()

    def test_once(self):
        demo = self.start("--once")
        demo.until("every file is at the receiver, byte for byte", UP_S)
        demo.until("Verdict: all is well.", UP_S)
        self.assertEqual(DONE, demo.code(UP_S))
        self.assert_nothing_is_left()


if __name__ == "__main__":
    main()
