"""Repositories that are made to hold up or fill a worker: a few kilobytes that are 10^20 paths, paths of megabytes, files of
gigabytes. Each fails by itself, once, and says which setting it is beyond; its neighbours do not notice.
"""
import pathlib
import time

from delivering import DeliveryTest
from harness import eventually, main
from reprise_testing import hostile


class Hostile(DeliveryTest):
    settings = {"REPRISE_WORKER_EXECUTORS": "delivery=4,history=1", "REPRISE_DELIVER_MAX_FILE_BYTES": "1MiB",
                "REPRISE_GIT_MAX_OBJECT_BYTES": "64MiB"}

    def watch(self, source, app=None):
        app = app or self.new_app()
        return app, self.new_link(app, source.url)

    def assert_refused(self, source, setting):
        """It fails in one try, for good, and blames no one else."""
        app, repository = self.watch(source)
        outcome = self.assert_fails(app, repository)
        row = self.link_row(app, repository)
        self.assertIn(setting, outcome["error"])
        self.assertEqual(1, row["retry_count"], "it was tried again")
        return app, repository

    def test_a_tree_bomb_is_refused(self):
        _, repository = self.assert_refused(hostile.tree_bomb(self.place / "bomb"), "git.max_files")
        self.assertEqual("0", self.stores.psql.value(
            "SELECT consecutive_failures FROM reprise.repositories WHERE repository_id = '%s'" % repository))

    def test_a_branch_may_lead_to_a_commit_by_tags_and_to_nothing_else(self):
        app, repository, source = self.new_world({"a": b"a\n"})
        source.git("tag", "-a", "-m", "first", "inner", "HEAD")
        source.git("tag", "-a", "-m", "second", "outer", "inner")
        branch = pathlib.Path(source.git("rev-parse", "--absolute-git-dir").decode().strip()) / "refs" / "heads" / "trunk"
        branch.write_bytes(source.git("rev-parse", "outer"))
        self.deliver("resync", app, repository)
        self.assertEqual(["a"], list(self.receiver.files(app, repository)))
        for what in ("HEAD^{tree}", "HEAD:a"):
            branch.write_bytes(source.git("rev-parse", what.replace("HEAD", "inner")))
            self.expect(1, "resync", app, repository)
            self.assertIn("leads to no commit", self.link_row(app, repository)["last_error"])

    def test_a_tree_bomb_after_a_healthy_tree_is_refused(self):
        app, repository, source = self.new_world({"a": b"a\n"})
        self.deliver("resync", app, repository)
        bomb = hostile.tree_bomb(self.place / "bomb")
        source.git("fetch", "-q", str(bomb.directory), "trunk")
        source.git("update-ref", "refs/heads/trunk", "FETCH_HEAD")
        self.expect(1, "resync", app, repository)
        self.assertIn("git.max_files", self.link_row(app, repository)["last_error"])

    def test_ten_tree_bombs_beside_a_healthy_app(self):
        bad = self.new_app(name=self.name + " bad")
        for number in range(10):
            self.watch(hostile.tree_bomb(self.place / ("bomb%d" % number), 20, 10 + number), bad)
        app, repository, source = self.new_world({"a": b"a\n"})
        bombs = self.ask("resync-app", bad, "--yes")["operation_id"]
        begun = time.monotonic()
        self.deliver("resync", app, repository)
        print("the healthy re-sync took %.1f s" % (time.monotonic() - begun))
        self.assert_synced(app, repository, source)
        eventually(lambda: self.ask("progress", bombs)["state"] != "running", "the bombs are through")
        self.assertEqual(10, self.ask("progress", bombs)["failed"])

    def test_paths_beyond_the_limit_are_skipped_and_counted(self):
        app, repository = self.watch(hostile.path_bomb(self.place / "bomb"))
        outcome = self.deliver("resync", app, repository)
        self.assertEqual((300, 1), tuple(outcome["result"][name] for name in ("skipped_paths", "created")))
        self.assertEqual(["near"], list(self.receiver.files(app, repository)))

    def test_a_directory_of_too_many_entries_is_refused(self):
        self.assert_refused(hostile.wide_tree(self.place / "wide", 1000001), "git.max_")

    def test_a_nest_that_is_too_deep_is_refused(self):
        self.assert_refused(hostile.tree_bomb(self.place / "nest", 2100, 1), "git.max_depth")

    def test_a_delta_bomb_is_refused_before_it_takes_memory_or_disk(self):
        self.assert_refused(hostile.delta_bomb(self.place / "bomb", 200 << 20), "git.max_object_bytes")

    def test_a_file_beyond_the_limit_is_skipped_and_counted(self):
        app, repository = self.watch(hostile.delta_bomb(self.place / "bomb", 40 << 20))
        outcome = self.deliver("resync", app, repository)
        self.assertEqual((1, 1), tuple(outcome["result"][name] for name in ("skipped_large_files", "created")))
        self.assertEqual(["small"], list(self.receiver.files(app, repository)))


if __name__ == "__main__":
    main()
