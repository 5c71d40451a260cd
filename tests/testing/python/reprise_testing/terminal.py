"""A program on a terminal of its own, as a person has it: what it shows, keys, and whether the terminal is left in order."""
import fcntl
import os
import pty
import select
import subprocess
import termios
import time

CTRL_C = "\x03"
_LOOK_S = 0.05


class Terminal:
    """The program leads a session of which this is the terminal, so that Ctrl-C reaches it and all in its group."""

    def __init__(self, command, env, cwd):
        self._screen, self._end = pty.openpty()
        self._before = termios.tcgetattr(self._end)
        self._seen = ""
        self.program = subprocess.Popen(command, env=env, cwd=cwd, stdin=self._end, stdout=self._end, stderr=self._end,
                                        start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def type(self, text):
        os.write(self._screen, text.encode())

    def until(self, text, patience_s=60):
        """What it has shown up to that text, which must come, since the last time."""
        self._read(lambda: text in self._seen, patience_s, "it shows \"%s\"" % text)
        before, after = self._seen.split(text, 1)
        self._seen = after
        return before + text

    def code(self, patience_s=60):
        """Its exit code, as a shell has it; `rest` is what it has shown since the last time."""
        self._read(lambda: self.program.poll() is not None, patience_s, "it ends")
        self._drain()
        self.rest, self._seen = self._seen, ""
        code = self.program.returncode
        return code if code >= 0 else 128 - code

    def is_in_order(self):
        return termios.tcgetattr(self._end) == self._before

    def shows_what_is_typed(self):
        return termios.tcgetattr(self._end)[3] & termios.ECHO != 0

    def hang_up(self):
        """The window is closed."""
        os.close(self._end)
        os.close(self._screen)
        self._screen = self._end = None

    def close(self):
        """For the end of a test: nothing is left, whatever happened."""
        if self.program.poll() is None:
            self.program.kill()
        self.program.wait()
        if self._screen is not None:
            self.hang_up()

    def _read(self, condition, patience_s, wish):
        deadline = time.monotonic() + patience_s
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError("not within %d s: %s; seen: %s" % (patience_s, wish, self._seen))
            over = self.program.poll() is not None
            if not self._drain() and over and not condition():
                raise AssertionError("it ended before: %s; seen: %s" % (wish, self._seen))

    def _drain(self):
        """Takes what there is; False if nothing came for a moment."""
        if not select.select([self._screen], [], [], _LOOK_S)[0]:
            return False
        self._seen += os.read(self._screen, 65536).decode(errors="replace")
        return True
