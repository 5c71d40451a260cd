"""Repositories as they should not be: gone, empty, moved, rewritten, or holding what cannot be delivered."""
import hashlib
import random

from delivering import DeliveryTest, Planter, verbs_and_paths
from harness import DONE, NOT_FOUND, USAGE, eventually, main

SYMLINK, SUBMODULE, FILE = "120000", "160000", "100644"
SKIPPED = ("skipped_paths", "skipped_symlinks", "skipped_submodules", "skipped_large_texts")


class Unfetchable(DeliveryTest):
    def test_a_repository_that_is_gone_and_comes_back(self):
        app, repository, source = self.new_world({"a": b"a\n"})
        self.deliver("resync", app, repository)
        source.directory.rename(self.place / "away")
        error = self.assert_fails(app, repository)["error"]
        self.assertRegex(error, r"^no such repository: .*%s" % source.directory)
        (self.place / "away").rename(source.directory)
        source.commit({"b": b"b\n"})
        self.deliver("retry", app, repository)
        self.assert_synced(app, repository, source)

    def test_a_directory_that_is_no_repository(self):
        (self.place / "plain").mkdir()
        app = self.new_app()
        repository = self.new_link(app, "file://%s" % (self.place / "plain"))
        self.assertRegex(self.assert_fails(app, repository)["error"], r"(?i)repository")

    def test_a_host_name_that_leads_to_a_private_address(self):
        """Only the name server knows. It is refused at registration; if it comes to that later, when it is fetched from, and not
        tried again."""
        app, url = self.new_app(), "https://localhost/octocat/hello-world"
        text = self.refused(USAGE, "add-repository", app, url)
        self.assertRegex(text, r"localhost leads to .* is not a public address")
        self.assertIn("git.allow_private", text)
        repository = self.ask("add-repository", app, url,
                              env={"REPRISE_GIT_ALLOW_PRIVATE": "127.0.0.0/8,::1"})["repository_id"]
        outcome = self.assert_fails(app, repository)
        self.assertRegex(outcome["error"], r"localhost leads to .* is not a public address")
        self.assertIn("git.allow_private", outcome["error"])
        self.assertEqual(1, self.link_row(app, repository)["retry_count"])

    def test_a_repository_without_commits(self):
        source, app = Planter(self.place / "empty"), self.new_app()
        repository = self.new_link(app, source.url)
        self.assertRegex(self.assert_fails(app, repository)["error"], r"(?i)no commit|empty|no branch")
        source.commit({b"first": (FILE, b"1\n")})
        self.deliver("retry", app, repository)
        self.assert_holds(app, repository, {"first": hashlib.sha256(b"1\n").hexdigest()})

    def test_a_commit_without_files_takes_away_what_there_was(self):
        app, repository, source = self.new_world({"a": b"a\n"})
        self.deliver("resync", app, repository)
        source.commit({}, removed=["a"])
        self.assertEqual(1, self.look_again(app, repository)["result"]["deleted"])
        self.assert_synced(app, repository, source)

    def test_a_branch_that_vanished(self):
        source, app = self.new_repository({"a": b"a\n"}), self.new_app()
        source.git("branch", "side")
        repository = self.new_link(app, source.url, "--branch", "side")
        self.deliver("resync", app, repository)
        source.git("branch", "-D", "side")
        error = self.assert_fails(app, repository)["error"]
        self.assertIn("side", error)
        self.assertRegex(error, r"(?i)branch")
        source.git("branch", "side")
        self.deliver("retry", app, repository)
        self.assert_synced(app, repository, source)

    def test_a_renamed_default_branch_is_followed(self):
        app, repository, source = self.new_world({"a": b"a\n"})
        self.deliver("resync", app, repository)
        source.git("branch", "-m", "another")
        source.commit({"b": b"b\n"})
        self.look_again(app, repository)
        self.assert_synced(app, repository, source)

    def test_a_history_that_was_rewritten(self):
        app, repository, source = self.new_world({"a": b"1\n", "b": b"1\n"})
        source.commit({"a": b"2\n", "c": b"2\n"})
        self.deliver("resync", app, repository)
        before = len(self.receiver.requests(app))
        source.git("checkout", "-q", "--orphan", "fresh")
        source.commit({"a": b"3\n"}, removed=["c"])
        source.git("branch", "-D", "trunk")
        source.git("branch", "-m", "trunk")
        source.git("reflog", "expire", "--expire=now", "--all")
        source.git("gc", "-q", "--prune=now")
        self.look_again(app, repository)
        self.assertEqual([("delete", "c"), ("update", "a")], verbs_and_paths(self.receiver.requests(app)[before:]))
        self.assert_synced(app, repository, source)

    def test_five_failures_in_a_row_tell_the_app_and_put_the_schedule_off(self):
        app, repository, source = self.new_world({"a": b"a\n"})
        source.directory.rename(self.place / "away")
        self.stores.psql.execute("UPDATE reprise.repositories SET consecutive_failures = 4 WHERE repository_id = '%s'"
                                 % repository)
        self.assert_fails(app, repository)
        self.assertTrue(self.link_row(app, repository)["circuit_open"])
        self.assertEqual(["sync_failed"], [line["verb"] for line in self.receiver.requests(app)])
        self.stores.psql.execute("UPDATE reprise.app_repositories SET last_scanned_at = now() - interval '3 days'"
                                 " WHERE app_id = '%s'" % app)
        self.assertEqual(0, self.ask("rescan", "--watch")["total"])
        (self.place / "away").rename(source.directory)
        self.deliver("retry", app, repository)  # what a person asks for is done all the same
        self.assertFalse(self.link_row(app, repository)["circuit_open"])
        self.assert_synced(app, repository, source)


class OddContent(DeliveryTest):
    settings = {"REPRISE_DELIVER_MAX_TEXT_BYTES": "64KiB"}

    def plant(self, entries):
        source, app = Planter(self.place / "planted"), self.new_app()
        source.commit({b"plain": (FILE, b"plain\n"), **entries})
        repository = self.new_link(app, source.url)
        return app, repository, self.deliver("resync", app, repository)

    def assert_delivered(self, app, repository, files):
        self.assert_holds(app, repository, {path: hashlib.sha256(content).hexdigest()
                                            for path, content in {"plain": b"plain\n", **files}.items()})

    def skipped(self, outcome):
        return tuple(outcome["result"][name] for name in SKIPPED)

    def test_paths_of_odd_bytes(self):
        good = ["tab\there", "line\nbreak", "quote\"'`$(x)", "back\\slash", "ünï/世界", " ", "-rf", "%2e%2e",
                "\u202eevil", "a" * 255]
        odd = [b"caf\xe9", b"\xff\xfe", b"dir\xc0\xaf/x", b"\xed\xa0\x80"]
        app, repository, outcome = self.plant({path.encode(): (FILE, path.encode()) for path in good} |
                                              {path: (FILE, b"x") for path in odd})
        self.assertEqual((len(odd), 0, 0, 0), self.skipped(outcome))
        self.assert_delivered(app, repository, {path: path.encode() for path in good})

    def test_a_path_of_4_kib(self):
        path = "/".join(["d" * 200] * 20) + "/" + "f" * (4096 - 20 * 201)
        self.assertEqual(4096, len(path))
        app, repository, _ = self.plant({path.encode(): (FILE, b"deep\n")})
        self.assert_delivered(app, repository, {path: b"deep\n"})
        self.assertEqual("synced", self.link_row(app, repository)["status"])

    def test_submodules_and_links_out_of_the_tree_are_skipped_and_counted(self):
        app, repository, outcome = self.plant({b"out": (SYMLINK, b"../../../../etc/passwd"), b"root": (SYMLINK, b"/etc/shadow"),
                                               b"in": (SYMLINK, b"plain"), b"module": (SUBMODULE, b"1" * 40)})
        self.assertEqual((0, 3, 1, 0), self.skipped(outcome))
        self.assert_delivered(app, repository, {})

    def test_text_that_is_not_utf_8_is_sent_as_binary(self):
        files = {"latin": "café\n".encode("latin-1"), "utf-16": "hello\n".encode("utf-16"), "nul": b"a\0b",
                 "cut": "é".encode()[:1], "surrogate": b"\xed\xa0\x80", "overlong": b"\xc0\xaf",
                 "bom": b"\xef\xbb\xbfhi\n", "controls": bytes(range(1, 32))}
        app, repository, _ = self.plant({path.encode(): (FILE, content) for path, content in files.items()})
        self.assert_delivered(app, repository, files)

    def test_a_text_above_the_limit_is_skipped_and_counted_and_a_binary_is_not(self):
        at, above = b"x" * 65536, b"x" * 65537
        binary = b"\0" + random.Random(3).randbytes(1500000)
        app, repository, outcome = self.plant({b"at": (FILE, at), b"above": (FILE, above), b"binary": (FILE, binary)})
        self.assertEqual((0, 0, 0, 1), self.skipped(outcome))
        self.assert_delivered(app, repository, {"at": at, "binary": binary})

    def limit(self, **settings):
        """The same world, with a worker that has other limits."""
        type(self).worker.drain()
        type(self).start_worker(**settings)

    def test_a_text_that_grows_too_large_is_taken_back_and_sent_when_it_fits(self):
        large = b"x" * 100000
        app, repository, source = self.new_world({"a": b"small\n", "b": b"b\n"})
        self.deliver("resync", app, repository)
        source.commit({"a": large})
        self.look_again(app, repository)
        row = self.link_row(app, repository)
        self.assertEqual("synced", row["status"])
        self.assertRegex(row["last_error"], r"1 file is too large .* a has 100000 bytes.*deliver\.max_text_bytes")
        self.assertEqual(["b"], list(self.receiver.files(app, repository)))
        self.assertEqual(("delete", "a"), verbs_and_paths(self.receiver.requests(app))[-1])
        source.commit({"b": b"other\n"})
        self.look_again(app, repository)
        self.look_again(app, repository)
        self.assertIn("a has 100000 bytes", self.link_row(app, repository)["last_error"], "it is said as long as it is so")
        self.addCleanup(self.limit)
        self.limit(REPRISE_DELIVER_MAX_TEXT_BYTES="1MiB")
        self.look_again(app, repository)
        self.assert_synced(app, repository, source)

    def test_a_text_that_grows_too_large_may_be_kept(self):
        self.addCleanup(self.limit)
        self.limit(REPRISE_DELIVER_TOO_LARGE="keep")
        app, repository, source = self.new_world({"a": b"small\n"})
        self.deliver("resync", app, repository)
        before = source.head()
        source.commit({"a": b"x" * 100000})
        self.look_again(app, repository)
        self.assertEqual(before, self.receiver.files(app, repository))
        self.assertIn("too large", self.link_row(app, repository)["last_error"])
        self.limit()
        self.look_again(app, repository)
        self.assertEqual({}, self.receiver.files(app, repository))

    def test_a_file_that_becomes_a_link_is_deleted_at_the_client(self):
        source, app = Planter(self.place / "planted"), self.new_app()
        source.commit({b"plain": (FILE, b"plain\n"), b"x": (FILE, b"x\n")})
        repository = self.new_link(app, source.url)
        self.deliver("resync", app, repository)
        source.commit({b"x": (SYMLINK, b"plain")})
        self.look_again(app, repository)
        self.assertEqual(("delete", "x"), verbs_and_paths(self.receiver.requests(app))[-1])
        self.assert_delivered(app, repository, {})


class Unknown(DeliveryTest):
    settings = {"REPRISE_DELIVER_PARALLEL": "1"}

    def test_what_is_unknown_is_named(self):
        app, repository, _ = self.new_world({"a": b"a\n"})
        other = self.new_app(name="Without repositories %s" % self.name)
        for words, named in ((("no such app", repository), "no such app"), ((app, "no/such"), "no/such"),
                             ((other, repository), repository)):
            with self.subTest(words=words):
                for verb in ("resync", "retry"):
                    self.assertIn(named, self.refused(NOT_FOUND, verb, *words))
        self.assertIn("No repositories for this app", self.refused(NOT_FOUND, "resync-app", other, "--yes"))
        self.assertIn("no such app", self.refused(NOT_FOUND, "add-repository", "no such app", "https://example.com/a/b"))

    def test_an_app_that_is_removed_while_its_job_runs(self):
        app, repository, _ = self.new_world({"f%04d" % i: b"%d\n" % i for i in range(1500)})
        self.receiver.behave({"mode": "hang", "path_contains": "f0005", "times": 1})
        operation = self.ask("resync", app, repository, "--no-wait")["operation_id"]
        eventually(lambda: len(self.receiver.requests(app)) >= 5, "it delivers")
        self.expect(DONE, "remove-app", app, "--yes")
        self.receiver.behave()
        self.run_producer("progress", operation, "--watch")
        outcome = self.outcomes(operation)[0]
        self.assertEqual("skipped", outcome["outcome"])
        self.assertRegex(outcome["error"], r"the app or its link to the repository has been removed")
        self.assertLess(len(self.receiver.requests(app)), 1000, "it went on as if nothing had happened")
        for table in ("deliveries", "delivery_intents", "app_repositories", "exclusive"):
            self.assertEqual("0", self.stores.psql.value("SELECT count(*) FROM reprise.%s WHERE %s LIKE '%s%%'" % (
                table, "key" if table == "exclusive" else "app_id", app)))


URLS = {
    "ext::sh -c id": "space", "ext::sh%20-c%20id": "https://", "-oProxyCommand=id": "https://", "--upload-pack=id": "https://",
    "ssh://-oProxyCommand=id/x": "begins with '-'", "git@-oProxyCommand=id:x": "begins with '-'",
    "-oProxyCommand=id@example.com:x": "user name", "ssh://example.com/-x": "begins with '-'",
    "http://example.com/a/b": "https://", "git://example.com/a/b": "https://", "ftp://example.com/a/b": "https://",
    "/etc": "https://", "../x": "https://", "file:///etc": "git.file_roots", "file://elsewhere/x": "file:///",
    "https://user:secret@example.com/a/b": "token", "https://10.0.0.1/a/b": "git.allow_private",
    "https://127.0.0.1/a/b": "git.allow_private", "https://[::1]/a/b": "git.allow_private",
    "https://169.254.169.254/a/b": "git.allow_private", "ssh://git@192.168.0.1/a/b": "git.allow_private",
    "git@10.0.0.1:a/b": "git.allow_private", "https://0x7f000001/a/b": "git.allow_private",
    "https://2130706433/a/b": "git.allow_private", "https://example.com/": "names no repository", "": "empty",
    "https://example.com/a b": "space", "https://example.com/" + "a" * 3000: "2000",
}


class RefusedUrls(DeliveryTest):
    @classmethod
    def start_worker(cls):
        """None is needed."""

    def test_each_is_refused_with_what_to_do_about_it(self):
        app = self.new_app()
        for url, advice in URLS.items():
            with self.subTest(url=url[:60]):
                answer = self.expect(USAGE, "add-repository", "--json", "--", app, url)
                text = answer.error["text"]
                self.assertEqual("", answer.out)
                self.assertIn(advice, text)
                self.assertNotIn("secret", text)
        self.assertEqual([], self.ask("repositories")["repositories"])

    def test_links_and_dots_do_not_lead_out_of_the_roots(self):
        app = self.new_app()
        (self.place / "out").symlink_to("/etc")
        for path in (self.place / "out", "%s/../../etc" % self.place, "%s/%%2e%%2e/x" % self.place, "%s-beside/x" % self.folder):
            with self.subTest(path=str(path)):
                self.refused(USAGE, "add-repository", app, "file://%s" % path)

    def test_without_roots_no_file_url_is_taken(self):
        self.assertIn("git.file_roots", self.refused(USAGE, "add-repository", self.new_app(), "file://%s" % self.place,
                                                     env={"REPRISE_GIT_FILE_ROOTS": ""}))

    def test_branches_that_are_none(self):
        app = self.new_app()
        for branch in ("-x", "a..b", "a b", "x.lock", "@{1}", "", "~", "refs/heads/*"):
            with self.subTest(branch=branch):
                self.assertIn("branch", self.refused(USAGE, "add-repository", app, "https://example.com/a/b",
                                                     "--branch", branch))


class SmuggledUrls(DeliveryTest):
    """Written to the database past every check: who fetches looks again, and runs nothing that a URL names."""

    def test_none_is_fetched_from(self):
        ran = self.place / "ran"
        for number, url in enumerate(("ext::sh -c 'touch %s'" % ran, "--upload-pack=touch %s" % ran,
                                      "ssh://-oProxyCommand=touch%%20%s/x" % ran, "file:///etc", "https://10.0.0.1/a/b")):
            with self.subTest(url=url):
                app, repository, _ = self.new_world_at("source%d" % number)
                self.stores.psql.execute("UPDATE reprise.repositories SET url = '%s' WHERE repository_id = '%s'"
                                         % (url.replace("'", "''"), repository))
                self.assert_fails(app, repository)
                self.assertFalse(ran.exists())
                self.assertEqual(1, self.link_row(app, repository)["retry_count"], "it was tried again")

    def new_world_at(self, name):
        source, app = self.new_repository({"a": b"a\n"}, name), self.new_app(name="%s %s" % (self.name, name))
        return app, self.new_link(app, source.url), source


if __name__ == "__main__":
    main()
