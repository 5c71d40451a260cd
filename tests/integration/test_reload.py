"""SIGHUP: a running worker and a running dashboard take over what may change, say of each change what became of it, and
keep what they have where the file is broken.
"""
import json
import signal

from api import Dashboard
from delivering import DeliveryTest
from harness import DONE, PREFIX, eventually, main


class Settings:
    """A file of settings that a test writes and has read again."""

    def __init__(self, path, **settings):
        self.path = path
        self.write(**settings)

    def write(self, **settings):
        """`deliver_parallel=3`: the name's first part is its group."""
        lines = []
        for name, value in settings.items():
            group, _, rest = name.partition("_")
            lines.append("%s.%s: %s\n" % (group, rest, json.dumps(value)))
        self.path.write_text("".join(lines))

    def reload(self, program, expected, **settings):
        """Writes it, sends SIGHUP, and awaits this in the program's log, behind what stands there already."""
        if settings:
            self.write(**settings)
        before = len(program.text())
        program.signal(signal.SIGHUP)
        eventually(lambda: expected in program.text()[before:], "it says %r" % expected)
        children = len(program.processes()) if " now (" in expected and program.processes else 0
        eventually(lambda: program.text()[before:].count("the changed settings count here now") == children,
                   "each process says that it has them")
        return program.text()[before:]


class WorkerReloads(DeliveryTest):
    def started(self, **settings):
        file = Settings(self.place / "settings.yaml", **settings)
        self.worker.end_at_once()
        self.worker = self.start_worker(REPRISE_CONFIG=str(file.path))
        self.worker.signal = lambda number: self.worker.signal_process(self.worker.pid, number)
        self.addCleanup(self.worker.end_at_once)
        eventually(lambda: len(self.worker.processes()) == settings.get("worker_processes", 1), "all processes run")
        return file

    def in_flight(self, *apps):
        return [sum(line["verb"] == "create" for line in self.receiver.requests(app)) for app in apps]

    def deliver_into_silence(self, links, each):
        """How many requests stand open where the receiver never answers; all is well afterwards."""
        before = self.in_flight(*[app for app, _ in links])
        self.receiver.behave({"mode": "hang", "path_contains": "f"})
        operations = [self.ask("resync", app, repository, "--no-wait")["operation_id"] for app, repository in links]
        wanted = [count + each for count in before]
        eventually(lambda: self.in_flight(*[app for app, _ in links]) == wanted, "%d requests of each are open" % each)
        self.receiver.behave()
        for operation in operations:
            self.expect(DONE, "progress", operation, "--watch")

    def test_each_process_takes_over_what_may_change_and_the_rest_is_told(self):
        file = self.started(worker_processes=2, deliver_parallel=1)
        source = self.new_repository({"f%d" % i: b"%d\n" % i for i in range(9)})
        apps = [self.new_app(name="%s, %d" % (self.name, i)) for i in range(3)]
        links = [(app, self.new_link(app, source.url)) for app in apps]
        self.deliver_into_silence(links, 1)
        told = file.reload(self.worker, "deliver.parallel was 1 and is 3 now (file)", worker_processes=4, deliver_parallel=3,
                           worker_grace="20s")
        self.assertIn("worker.processes stays 2 until a restart; then it is 4 (file)", told)
        self.assertIn("worker.grace was 30s and is 20s now (file)", told)
        self.assertEqual(1, self.worker.text().count("deliver.parallel was"), "told once, not by each process")
        self.deliver_into_silence(links, 3)
        self.assertEqual(2, len(self.worker.processes()))
        child = self.worker.processes()[0]
        self.worker.signal_process(child, signal.SIGKILL)  # one that begins later has the new settings, too
        eventually(lambda: child not in self.worker.processes() and len(self.worker.processes()) == 2, "it runs again")
        self.deliver_into_silence(links, 3)
        self.assertEqual(0, self.worker.drain())

    def test_a_broken_file_changes_nothing_and_says_so(self):
        file = self.started(deliver_parallel=2)
        app, repository, _ = self.new_world({"f%d" % i: b"%d\n" % i for i in range(9)})
        for text, reason in (("deliver: {parallel: 3", "settings.yaml"),
                             ("deliver: {parallel: 3}\nlog: {level: loud}\n", "must be debug, info, warn or error"),
                             ("deliver: {parallel: 3}\nnonsense: 1\n", 'there is no setting "nonsense"'),
                             ("git: {allow_private: 10.0.0.0/99}\n", "git.allow_private")):
            file.path.write_text(text)
            told = file.reload(self.worker, "the settings stay as they were, for what is there now cannot be used: ")
            self.assertIn(reason, told)
            self.assertNotIn("parallel was", told)
        file.path.unlink()
        self.assertIn("cannot be opened", file.reload(self.worker, "the settings stay as they were"))
        self.deliver_into_silence([(app, repository)], 2)
        file.reload(self.worker, "deliver.parallel was 2 and is 4 now (", deliver_parallel=4)
        self.deliver_into_silence([(app, repository)], 4)

    def test_the_level_of_the_log(self):
        file = self.started(log_level="error")
        self.assertNotIn("INFO", self.worker.text())
        file.reload(self.worker, 'log.level was "error" and is "debug" now (', log_level="debug")
        eventually(lambda: " unchanged, " in self.worker.text(), "the child that re-reads definitions says so")
        file.reload(self.worker, 'log.level was "debug" and is "error" now (', log_level="error")
        self.assertIn("none has changed", file.reload(self.worker, "none has changed"))  # each one that asks is answered

    def push(self, definition, operation_id, **arguments):
        self.stores.redis("RPUSH", PREFIX + ":inbox", json.dumps(
            {"definition": definition, "operation_id": operation_id, "args": arguments}))

    def waiting(self):
        return self.stores.redis("LLEN", PREFIX + ":inbox")

    def test_the_inbox_is_opened_limited_and_closed(self):
        """`inbox.enabled` and `inbox.definitions`; what is refused stands in the list of what was rejected."""
        ids = ["op_01HKM000000000000000000%03d" % i for i in range(1, 6)]
        self.stores.redis("DEL", PREFIX + ":inbox:rejected")
        file = self.started(inbox_enabled=False)
        self.push("noop", ids[0], count=1)
        file.reload(self.worker, "inbox.enabled was false and is true now (", inbox_enabled=True)
        eventually(lambda: self.run_producer("progress", ids[0]).code == DONE, "what waited is accepted")
        file.reload(self.worker, 'inbox.definitions was "" and is "rescan,noop" now (', inbox_enabled=True,
                    inbox_definitions="rescan,noop")
        self.push("sync-history", ids[1])
        refusal = json.loads(eventually(lambda: self.stores.redis("LINDEX", PREFIX + ":inbox:rejected", "0"), "it is refused"))
        self.assertIn("sync-history", refusal["reason"])
        self.assertIn("inbox.definitions", refusal["reason"])
        self.assertIn("inbox.definitions", self.worker.text())
        self.push("noop", ids[2], count=1)
        eventually(lambda: self.run_producer("progress", ids[2]).code == DONE, "a definition of the list is accepted")
        self.assertNotEqual(DONE, self.run_producer("progress", ids[1]).code)
        self.assertEqual(1, self.stores.redis("LLEN", PREFIX + ":inbox:rejected"))
        file.reload(self.worker, "inbox.enabled was true and is false now (", inbox_enabled=False)
        eventually(lambda: not self.looks_at_inbox(), "no worker looks at the inbox any more")
        self.push("noop", ids[3], count=1)
        self.assertEqual("completed", self.ask("run", "noop", "count=10", "--watch")["state"])
        self.assertEqual(1, self.waiting())
        file.reload(self.worker, "inbox.enabled was false and is true now (", inbox_enabled=True)
        eventually(lambda: self.run_producer("progress", ids[3]).code == DONE, "it is accepted after all")

    def looks_at_inbox(self):
        """A worker looks every 25 ms, and each look reads the counter of requests."""
        return int(self.stores.redis("OBJECT", "IDLETIME", PREFIX + ":inbox:count")) < 3


class DashboardReloads(DeliveryTest):
    def test_it_takes_over_what_may_change(self):
        file = Settings(self.place / "settings.yaml", dashboard_user="first")
        env = {**self.env, "REPRISE_CONFIG": str(file.path)}
        dashboard = Dashboard(env, self.place)
        self.addCleanup(dashboard.stop)
        dashboard.processes = None
        dashboard.signal = lambda number: dashboard._process.send_signal(number)
        told = file.reload(dashboard, 'log.level was "info" and is "warn" now (', dashboard_user="other", log_level="warn")
        self.assertIn('dashboard.user stays "first" until a restart; then it is "other" (file)', told)
        file.path.write_text("log.level: [")
        file.reload(dashboard, "the settings stay as they were")
        self.assertIn("none has changed", file.reload(dashboard, "none has changed", dashboard_user="first",
                                                      log_level="warn"))
        self.assertEqual(0, dashboard.stop())


if __name__ == "__main__":
    main()
