"""The sweep over the fault points: what the program itself lists is killed at, one point after the other.

A history is a little story that leads the engine past some points. Each is first told undisturbed, so that the points that it
reaches are known; then, for each point, a story that reaches it is told with a process that dies there. A point that no story
reaches is a failure: a new point wants a story.
"""
# Points that other stories than the engine's lead past.
DELIVERIES = ("deliver.", "lease.", "checkpoint.", "git.", "http.")
HISTORY = ("history.",)


class Sweep:
    """`tell(history, worker settings)` runs a history to its end and its checks; returns its workers."""

    def __init__(self, tell, histories, folder):
        self._tell = tell
        self._histories = histories
        self._folder = folder
        self._logs = 0

    def reached(self, history):
        self._logs += 1
        log = self._folder / ("reached-%d" % self._logs)
        self._tell(history, {"REPRISE_FAULT_LOG": log})
        return set(log.read_text().split())

    def stories(self, wanted):
        """For each wanted point the histories that reach it, the first ones first."""
        reached = {history: self.reached(history) for history in self._histories}
        stories = {point: [h for h in self._histories if point in reached[h]] for point in wanted}
        never = sorted(point for point in wanted if not stories[point])
        assert not never, "no history reaches these fault points: %s" % ", ".join(never)
        return stories

    def kill_at(self, history, point, passage, action="kill"):
        """True if the process did come there so often, and died."""
        workers = self._tell(history, {"REPRISE_FAULT": "%s:%d:%s" % (point, passage, action)})
        return any("was ended by signal" in worker.text() for worker in workers)
