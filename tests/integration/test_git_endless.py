"""git hosts that never come to an end: progress that drips, lists of refs, lines of refs, packs. A fetch ends at its deadline or at
its memory's limit, takes no more than that, and the executor is free for others.
"""
import itertools
import os
import time

from delivering import DeliveryTest
from git_hosts import Endless, HostTest, pkt
from harness import eventually, main

COMMIT = b"%040x" % 7
HEAD_REFS = (pkt(b"# service=git-upload-pack\n") + b"0000" +
             pkt(COMMIT + b" HEAD\0side-band-64k shallow symref=HEAD:refs/heads/trunk agent=git/2\n") +
             pkt(COMMIT + b" refs/heads/trunk\n"))
ENOUGH = 4 << 30  # bytes: what a fetch may never take


class UpToThePack(Endless):
    """Answers as a host should, up to where the pack is to come."""

    def pieces(self):
        if self.command == "GET":
            yield HEAD_REFS + b"0000"
            return
        yield pkt(b"shallow " + COMMIT + b"\n") + b"0000"
        if b"done" not in self.body:
            return
        yield pkt(b"NAK\n")
        yield from self.pack()


class Dripping(UpToThePack):
    """Refs as they should be, then "Counting objects" without end: there is always progress."""

    def pack(self):
        for number in itertools.count(1):
            yield pkt(b"\x02Counting objects: %d\r" % number)
            time.sleep(0.05)


class ManyRefs(Endless):
    def pieces(self):
        yield HEAD_REFS
        for start in itertools.count(1, 1000):
            yield b"".join(pkt(COMMIT + b" refs/heads/%012d\n" % number) for number in range(start, start + 1000))


class LongLines(Endless):
    def pieces(self):
        yield HEAD_REFS
        for number in itertools.count():
            yield pkt(COMMIT + b" refs/heads/%d" % number + b"x" * 65000 + b"\n")


class LongPack(UpToThePack):
    """A pack of one object that says to be small, and never ends."""

    def pack(self):
        yield pkt(b"\x01PACK\0\0\0\x02\0\0\0\x01")
        noise = os.urandom(60000)
        while True:
            yield pkt(b"\x01" + noise)


class Endings(HostTest):
    settings = {**HostTest.settings, "REPRISE_GIT_DEADLINE": "8s", "REPRISE_GIT_TIMEOUT": "10m",
                "REPRISE_GIT_MAX_OBJECT_BYTES": "16MiB", "REPRISE_WORKER_EXECUTORS": "delivery=1,history=1"}

    def assert_ends(self, kind, words):
        """It fails as such, and the one executor serves another link."""
        handler = type("Served", (kind,), {})
        app = self.new_app()
        repository = self.ask("add-repository", app, self.serve(handler))["repository_id"]
        began = time.monotonic()
        operation = self.ask("resync", app, repository, "--no-wait")["operation_id"]
        eventually(lambda: self.link_row(app, repository)["last_error"], "its first fetch has ended")
        self.assertRegex(self.link_row(app, repository)["last_error"], words)
        print("%s: ended after %.1f s, %.1f MB" % (kind.__name__, time.monotonic() - began, handler.sent / 1e6))
        self.run_producer("cancel", operation)  # where it is tried again; it may have ended already
        eventually(lambda: handler.left > 0, "git has left")
        self.assertLess(handler.sent, ENOUGH)
        other, healthy, source = self.new_app(name=self.name + " other"), None, self.new_repository({"a": b"a\n"})
        healthy = self.new_link(other, source.url)
        self.deliver("resync", other, healthy)
        self.assert_synced(other, healthy, source)

    def test_progress_that_drips(self):
        self.assert_ends(Dripping, r"ran for \d+ s|git\.deadline")

    def test_a_list_of_refs_without_end(self):
        self.assert_ends(ManyRefs, r"ran for \d+ s|git\.(deadline|max_object_bytes)")

    def test_refs_of_65_kilobytes_each(self):
        self.assert_ends(LongLines, r"ran for \d+ s|git\.(deadline|max_object_bytes)|protocol error")

    def test_a_pack_without_end(self):
        """Its bytes are noise, so git may take offence at them before any limit is met."""
        self.assert_ends(LongPack, r"inflate|pack has bad object|ran for \d+ s|git\.")


del DeliveryTest, HostTest

if __name__ == "__main__":
    main()
