"""Access and local trouble: a token that lacks, and a disk that is full, say nothing about the repository. Another app of it
is served, its circuit stays closed, and no app is told that a sync has failed.
"""
import os
import subprocess
import unittest

from delivering import DeliveryTest
from git_hosts import TOKEN, Host, HostTest
from harness import eventually, main

class Access(HostTest):
    def test_a_token_that_lacks_is_the_links_matter(self):
        source = self.new_repository({"a": b"a\n"})
        url = self.serve(type("Served", (Host,), {"root": self.place}))
        with_token, without = self.new_app(), self.new_app(name=self.name + " without")
        repository = self.ask("add-repository", with_token, url, "--token-stdin", stdin=TOKEN)["repository_id"]
        self.assertEqual(repository, self.new_link(without, url))
        for _ in range(6):
            self.assertRegex(self.assert_fails(without, repository)["error"], r"access denied")
        self.assertEqual([("0", "f")], self.stores.psql.rows(
            "SELECT consecutive_failures, circuit_open_until IS NOT NULL FROM reprise.repositories WHERE repository_id = '%s'"
            % repository))
        self.assertEqual([], [line for line in self.receiver.requests(with_token) + self.receiver.requests(without)
                              if line["verb"] == "sync_failed"])
        self.deliver("resync", with_token, repository)
        self.assert_synced(with_token, repository, source)


class FullDisk(DeliveryTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        clones = cls.folder / "clones"
        clones.mkdir(exist_ok=True)
        if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600k,mode=755", "tmpfs", clones],
                                               capture_output=True).returncode != 0:
            raise unittest.SkipTest("no file system can be mounted here")
        cls.clones = clones
        cls.addClassCleanup(subprocess.run, ["umount", "-l", str(clones)])

    def test_a_full_disk_is_the_workers_matter(self):
        app, repository, source = self.new_world({"a": bytes(os.urandom(100000))})
        ballast = self.clones / "ballast"
        with ballast.open("wb", buffering=0) as out:
            try:
                while True:
                    out.write(bytes(4096))
            except OSError:
                pass
        operation = self.ask("resync", app, repository, "--no-wait")["operation_id"]
        eventually(lambda: "No space left" in (self.link_row(app, repository)["last_error"] or ""), "the link says why")
        eventually(lambda: "No space left" in self.run_producer("doctor").out, "the doctor tells")
        self.assertEqual([("0", "f", "0")], self.stores.psql.rows(
            "SELECT consecutive_failures, circuit_open_until IS NOT NULL, retry_count FROM reprise.repositories"
            " JOIN reprise.app_repositories USING (repository_id) WHERE repository_id = '%s'" % repository))
        ballast.unlink()
        eventually(lambda: self.ask("progress", operation)["state"] != "running", "it is done once there is room", 120)
        self.assert_synced(app, repository, source)


if __name__ == "__main__":
    main()
