"""What arrives: every file of HEAD with its bytes, then only what has changed, in the order that is promised."""
import itertools
import random

from delivering import DeliveryTest, verbs_and_paths
from harness import CONFLICT, DONE, NOT_FOUND, eventually, main

MIB = 1024 * 1024
PIECE_OF_BASE64 = 524288


def pieces(size):
    return -(-4 * -(-size // 3) // PIECE_OF_BASE64)


ODD_NAMES = {"a\\b": b"1\n", "c\x1b[2Jd": b"2\n", "e\rf": b"3\n"}


class WithoutOddNames(DeliveryTest):
    settings = {"REPRISE_DELIVER_ODD_NAMES": "false"}

    def test_names_with_backslashes_and_control_characters_are_skipped_and_counted(self):
        app, repository, _ = self.new_world({"plain": b"0\n", **ODD_NAMES})
        result = self.deliver("resync", app, repository)["result"]
        self.assertEqual((1, len(ODD_NAMES)), (result["created"], result["skipped_paths"]))
        self.assertEqual({"plain"}, {line["path"] for line in self.receiver.requests(app)})


class Content(DeliveryTest):
    def test_odd_names_are_sent_as_they_stand_in_git(self):
        app, repository, source = self.new_world({"plain": b"0\n", **ODD_NAMES})
        self.assertEqual(1 + len(ODD_NAMES), self.deliver("resync", app, repository)["result"]["created"])
        self.assert_synced(app, repository, source)

    def test_a_resync_delivers_to_the_last_file_and_byte(self):
        chance = random.Random(1)
        files = {"read me.md": "# ü世界\n\"q\"\\\b".encode(), "empty": b"", "all-bytes": bytes(range(256)),
                 "long.txt": ("Zeile ä€\n" * 300000).encode(), "at-limit.bin": b"\0" + chance.randbytes(MIB - 1),
                 "over-limit.bin": b"\0" + chance.randbytes(MIB), "big.bin": b"\0" + chance.randbytes(3000000)}
        files.update({"many/%d/%04d.c" % (i % 7, i): b"int f%d(void);\n" % i * (i % 50 + 1) for i in range(600)})
        app, repository, source = self.new_world(files)
        outcome = self.deliver("resync", app, repository)
        self.assert_synced(app, repository, source)
        self.assertEqual((len(files), 0, 0), tuple(outcome["result"][key] for key in ("created", "updated", "deleted")))
        sent = self.receiver.requests(app)
        self.assertEqual({(True, True, 0, 200)}, {(line["signature_ok"], line["order_ok"], line["repeated"], line["status"])
                                                  for line in sent})
        chunks = {path: [line["chunk"] for line in lines] for path, lines in
                  itertools.groupby(sorted((line for line in sent if "chunk" in line), key=lambda line: line["path"]),
                                    lambda line: line["path"])}
        self.assertEqual({path: pieces(len(files[path])) for path in ("big.bin", "over-limit.bin")},
                         {path: len(of_one) for path, of_one in chunks.items()})
        for of_one in chunks.values():
            self.assertEqual([(of_one[0]["id"], i, len(of_one)) for i in range(len(of_one))],
                             [(chunk["id"], chunk["index"], chunk["total"]) for chunk in of_one])

    def test_a_second_look_sends_what_has_changed_in_the_promised_order(self):
        app, repository, source = self.new_world({"d%d/f%d" % (i % 3, i): b"%d\n" % i for i in range(30)})
        self.deliver("resync", app, repository)
        before = len(self.receiver.requests(app))
        source.commit({"d0/f0": b"other\n", "d1/f1": b"other\n", "a-new": b"new\n", "d2/z-new": b"new\n"},
                      removed=["d2/f2", "d0/f3"])
        outcome = self.look_again(app, repository)
        self.assert_synced(app, repository, source)
        self.assertEqual((2, 2, 2), tuple(outcome["result"][key] for key in ("deleted", "created", "updated")))
        sent = verbs_and_paths(self.receiver.requests(app)[before:])
        self.assertEqual(["delete"] * 2 + ["create"] * 2 + ["update"] * 2, [verb for verb, _ in sent])
        self.assertEqual([{"d2/f2", "d0/f3"}, {"a-new", "d2/z-new"}, {"d0/f0", "d1/f1"}],
                         [{path for _, path in sent[i:i + 2]} for i in (0, 2, 4)])

    def test_a_first_sync_is_counted_and_the_worker_adds_the_counts_up(self):
        app, repository, _ = self.new_world({"a": b"a\n"})
        counts = ("SELECT sum(links), sum(never), sum(failed) FROM reprise.link_sum WHERE app_id = '%s'" % app)
        self.assertEqual([("1", "1", "0")], [tuple(row) for row in self.stores.psql.rows(counts)])
        files = ("SELECT coalesce(sum(succeeded), 0) FROM (SELECT * FROM reprise.activity WHERE minute = '-infinity' UNION ALL"
                 " SELECT * FROM reprise.activity_fresh) a WHERE kind = 'file'")
        before = int(self.stores.psql.value(files))
        self.deliver("resync", app, repository)
        self.assertEqual(before + 1, int(self.stores.psql.value(files)))
        self.assertEqual([("1", "0", "0")], [tuple(row) for row in self.stores.psql.rows(counts)])
        eventually(lambda: self.stores.psql.value(
            "SELECT count(*) = 1 AND NOT bool_or(fresh) FROM reprise.link_sum WHERE app_id = '%s'" % app) == "t",
            "the worker adds the counts up")
        self.assertEqual([("1", "0", "0")], [tuple(row) for row in self.stores.psql.rows(counts)])

    def test_a_snapshot_that_is_asked_for_sends_exactly_what_has_changed(self):
        app, repository, source = self.new_world({"a": b"a\n", "b/c": b"c\n", "d": b"d\n"})
        first = self.deliver("snapshot", app, repository)
        self.assertEqual(3, first["result"]["created"])
        self.assert_synced(app, repository, source)
        before = len(self.receiver.requests(app))
        self.deliver("snapshot", app, repository)
        self.assertEqual(before, len(self.receiver.requests(app)))
        source.commit({"a": b"other\n", "new": b"new\n"}, removed=["d"])
        self.expect(DONE, "snapshot-app", app, "--watch", "--yes")
        self.assertEqual([("delete", "d"), ("create", "new"), ("update", "a")],
                         verbs_and_paths(self.receiver.requests(app)[before:]))
        self.assert_synced(app, repository, source)
        self.refused(NOT_FOUND, "snapshot-app", self.new_app(name="Idle"), "--yes")

    def test_an_unchanged_tree_sends_nothing(self):
        app, repository, source = self.new_world({"a": b"a\n", "b/c": b"c\n"})
        self.deliver("resync", app, repository)
        before = len(self.receiver.requests(app))
        self.look_again(app, repository)
        source.commit({})  # another commit of the same tree
        outcome = self.look_again(app, repository)
        self.assertEqual((0, 0, 0, 2), tuple(outcome["result"][key] for key in ("deleted", "created", "updated", "files")))
        self.assertEqual(before, len(self.receiver.requests(app)))
        self.assert_synced(app, repository, source)

    def test_a_resync_sends_everything_again(self):
        app, repository, source = self.new_world({"a": b"a\n", "b": b"b\n"})
        for _ in range(2):
            self.deliver("resync", app, repository)
        self.assertEqual([("create", "a"), ("create", "b")] * 2, [(verb, path) for part in (0, 2) for verb, path in sorted(
            verbs_and_paths(self.receiver.requests(app))[part:part + 2])])
        self.assert_synced(app, repository, source)
        self.refused(CONFLICT, "retry", app, repository)
        self.refused(NOT_FOUND, "retry-app", app, "--yes")

    def test_a_link_whose_tree_is_not_known_any_more_is_compared_path_by_path(self):
        app, repository, source = self.new_world({"same": b"same\n", "changed": b"1\n", "gone": b"gone\n"})
        self.deliver("resync", app, repository)
        before = len(self.receiver.requests(app))
        self.stores.psql.execute("UPDATE reprise.app_repositories SET synced_tree_id = NULL WHERE app_id = '%s'" % app)
        source.commit({"changed": b"2\n", "new": b"new\n"}, removed=["gone"])
        self.look_again(app, repository)
        self.assertEqual([("delete", "gone"), ("create", "new"), ("update", "changed")],
                         verbs_and_paths(self.receiver.requests(app)[before:]))
        self.assert_synced(app, repository, source)

    def test_two_apps_of_one_repository_each_get_what_they_lack(self):
        app, repository, source = self.new_world({"a": b"1\n", "b": b"b\n"})
        self.deliver("resync", app, repository)
        source.commit({"a": b"2\n"})
        other = self.new_app(name=self.name + " other")
        self.assertEqual(repository, self.new_link(other, source.url))
        self.deliver("resync", other, repository)
        self.look_again(app, repository)
        for each, expected in ((app, ["create", "create", "update"]), (other, ["create", "create"])):
            self.assertEqual(expected, [verb for verb, _ in verbs_and_paths(self.receiver.requests(each))])
            self.assert_synced(each, repository, source)


if __name__ == "__main__":
    main()
