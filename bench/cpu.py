"""CPU time of what takes part, by process: it says more than wall time where the machine is busy with other things."""
import os
import pathlib

from place import children_of

TICK_US = 1_000_000 / os.sysconf("SC_CLK_TCK")


def _ticks(pid):
    """Its own user and system time, and that of its children that have ended."""
    try:
        text = pathlib.Path("/proc/%d/stat" % pid).read_text()
    except OSError:
        return 0
    return sum(int(word) for word in text.rpartition(")")[2].split()[11:15])


def _of_tree(pid):
    return _ticks(pid) + sum(_of_tree(child) for child in children_of(pid))


class Cpu:
    """Begins now. Processes that came and went uncounted (git, backends) are in their parent's time."""

    def __init__(self, place, **programs):
        self.pids = {name: program.pid for name, program in programs.items()}
        self.pids["PostgreSQL"] = int((place.directory / "stores/postgres.pid").read_text())
        self.begun = {name: _of_tree(pid) for name, pid in self.pids.items()}

    def us_each(self, count):
        """Microseconds for each of `count`, as words: worker 80, receiver 40, PostgreSQL 120."""
        used = {name: (_of_tree(pid) - self.begun[name]) * TICK_US / count for name, pid in self.pids.items()}
        return ", ".join("%s %.1f" % pair for pair in used.items())
