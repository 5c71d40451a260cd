"""Scenarios of deliveries: real repositories, a real receiver, and at the end the receiver holds what HEAD holds.

`chaos-resync` and `chaos-look` are the house's re-sync and snapshot of all links of an app, with quick retries.
"""
import pathlib

from scenario import Scenario
from reprise_testing import deliveries

_DEFINITION = """
id: %(id)s
name: %(id)s
description: With quick retries.
args:
  app_id: {type: string, required: true, description: The app that is sent the files.}
  tag: {type: string, description: Makes a request differ from others.}
phases:
  - {id: only, label: Only, job: %(job)s, over: links-of-app}
retry: {attempts: %(attempts)d, backoff: exponential, base: 100ms, max: 1s, jitter: 0.2}
timeout: 15m
window: 4
"""
KEY_AGAIN_MAX = 256  # so often at most is a key seen again for each kill


class App:
    """One app with links to repositories, and the receiver that it delivers to."""

    def __init__(self, stores, folder, repositories):
        self.folder = folder
        self.settings = deliveries.settings(folder)
        self.repositories = [deliveries.Repository(folder / ("repo-%d" % i)) for i in range(repositories)]
        self.receiver = deliveries.Receiver(folder)
        self._register = deliveries.Register(stores, folder)
        self.app_id = self._register.app("Chaos", self.receiver)
        self.links = {}

    def watch(self):
        """Once each repository has a commit."""
        for repository in self.repositories:
            self.links[self._register.repository(self.app_id, repository)] = repository

    def differences(self):
        """Per repository, the paths at which what the receiver holds is not what HEAD holds."""
        wrong = {}
        for repository_id, repository in self.links.items():
            got, head = self.receiver.files(self.app_id, repository_id), repository.head()
            paths = sorted(path for path in set(got) | set(head) if got.get(path) != head.get(path))
            if paths:
                wrong[str(repository.directory)] = paths[:10]
        return wrong


class DeliveryScenario(Scenario):
    attempts = 100

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name, job in (("chaos-resync", "resync"), ("chaos-look", "snapshot")):
            text = _DEFINITION % {"id": name, "job": job, "attempts": cls.attempts}
            (cls.definitions / (name + ".yaml")).write_text(text)

    def new_app(self, stores, name, repositories=1):
        folder = pathlib.Path(self.folder) / name
        folder.mkdir()
        app = App(stores, folder, repositories)
        self.addCleanup(app.receiver.stop)
        return app

    def small_files(self, count, folder="src"):
        return {"%s/%04d.txt" % (folder, i): ("%d %s\n" % (i, self.chance.random())).encode() for i in range(count)}

    def assert_delivered(self, app, kills=0):
        """The receiver holds what HEAD holds, was sent nothing that was wrong, and no key more often than it may be."""
        self.assertEqual(app.differences(), {})
        self.assertEqual(app.receiver.faults(), {})
        stats = app.receiver.stats()
        self.assertLessEqual(stats["accepted_again"], KEY_AGAIN_MAX * kills, stats)
