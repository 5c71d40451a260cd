"""Apps and repositories by the command line: registration, lists, removal, secrets, and what a terminal never sees."""
import re

from harness import CONFLICT, DONE, FAILED, NOT_FOUND, URL, USAGE, ProducerTest, main

HELLO = "https://github.com/octocat/hello-world"
KEY_2 = "7a" * 32


class Apps(ProducerTest):
    def test_an_app_gets_a_key_that_is_shown_once_and_stored_sealed(self):
        made = self.ask("add-app", "Demo app", URL, "--email", "a@b.example")
        self.assertRegex(made["app_id"], r"^app_[0-9a-f]{24}$")
        self.assertRegex(made["client_auth_key"], r"^[A-Za-z0-9_-]{48}$")
        stored = self.stores.psql.value("SELECT client_auth_key_encrypted FROM reprise.apps")
        self.assertRegex(stored, r"^[0-9a-f]{32}:[0-9a-f]{32}:[0-9a-f]+$")
        listed = self.ask("apps")["apps"]
        self.assertEqual(["Demo app"], [app["app_name"] for app in listed])
        self.assertEqual("a@b.example", listed[0]["email"])
        self.assertNotIn("client_auth_key", str(listed))

    def test_a_key_from_stdin_is_taken_and_not_repeated(self):
        made = self.expect(DONE, "add-app", "x", URL, "--key-stdin", "--json", stdin="0123456789abcdef\n")
        self.assertIsNone(made.json["client_auth_key"])
        self.assertNotIn("0123456789abcdef", made.out + made.err)
        self.assertIn("15 characters", self.refused(USAGE, "add-app", "y", URL, "--key-stdin", stdin="0123456789abcde\n"))

    def test_without_an_encryption_key_it_says_how_to_make_one(self):
        text = self.refused(USAGE, "add-app", "x", URL, env={"REPRISE_ENCRYPTION_KEY": ""})
        self.assertIn("openssl rand -hex 32", text)

    def test_what_cannot_be_an_app_is_refused(self):
        self.refused(USAGE, "add-app", "x", "http://127.0.0.1:8080")
        self.refused(USAGE, "add-app", "x", "ftp://client.example")
        self.refused(USAGE, "add-app", "", URL)
        self.refused(USAGE, "add-app", "a\x1b[31mb", URL)
        self.refused(USAGE, "add-app", "x", URL, "--app-id", "app_1")
        self.ask("add-app", "x", "http://127.0.0.1:8080", env={"REPRISE_DELIVER_ALLOW_PRIVATE": "127.0.0.0/8"})

    def test_a_name_and_a_chosen_id_are_given_once(self):
        chosen = "app_" + "0a" * 12
        self.assertEqual(chosen, self.ask("add-app", "one", URL, "--app-id", chosen)["app_id"])
        self.refused(CONFLICT, "add-app", "one", URL)
        self.refused(CONFLICT, "add-app", "two", URL, "--app-id", chosen)

    def test_an_ambiguous_name_is_a_conflict_that_names_the_ids(self):
        app = self.app("one")
        self.stores.psql.execute("INSERT INTO reprise.apps (app_id, app_name, base_url, client_auth_key_encrypted)"
                                 " SELECT 'app_' || repeat('0', 24), app_name, base_url, '' FROM reprise.apps;")
        text = self.refused(CONFLICT, "repositories", "one")
        self.assertIn(app, text)
        self.ask("repositories", app)

    def test_pages_follow_one_another_without_gap_or_repetition(self):
        names = sorted("app %02d" % i for i in range(7))
        for name in reversed(names):
            self.app(name)
        seen, after = [], []
        while True:
            page = self.ask("apps", "--limit", 3, *after)
            seen += [app["app_name"] for app in page["apps"]]
            if page["next"] is None:
                break
            after = ["--cursor", page["next"]]
        self.assertEqual(names, seen)

    def test_a_new_key_takes_the_place_of_the_old_one(self):
        app, sealed = self.app(), "SELECT client_auth_key_encrypted FROM reprise.apps"
        old = self.stores.psql.value(sealed)
        self.assertIn("--yes", self.refused(USAGE, "rotate-key", app))
        self.assertEqual(old, self.stores.psql.value(sealed))
        made = self.ask("rotate-key", "Demo app", "--yes")
        self.assertEqual((app, 48), (made["app_id"], len(made["client_auth_key"])))
        self.assertNotEqual(old, self.stores.psql.value(sealed))
        self.assertIn("refuses them until it knows", self.expect(DONE, "rotate-key", app, "--yes").err)

    def test_removing_an_app_wants_consent_and_takes_along_what_no_other_app_watches(self):
        app = self.app()
        self.link(app, "https://github.com/octocat/alone")
        self.ask("add-repository", self.app("other"), HELLO)
        self.ask("add-repository", app, HELLO)
        self.assertIn("--yes", self.refused(USAGE, "remove-app", app))
        self.ask("remove-app", "Demo app", "--yes")
        self.assertEqual(1, self.stores.psql.number("SELECT count(*) FROM reprise.app_repositories"))
        self.assertEqual(HELLO, self.stores.psql.value("SELECT url FROM reprise.repositories"))
        self.refused(NOT_FOUND, "remove-app", app, "--yes")


class Repositories(ProducerTest):
    def test_a_link_begins_as_pending(self):
        app = self.app()
        made = self.ask("add-repository", "Demo app", HELLO, "--branch", "dev")
        self.assertRegex(made["repository_id"], r"^repo_[0-9a-f]{24}$")
        self.assertEqual(("octocat", "hello-world"), (made["owner"], made["name"]))
        only, = self.ask("repositories", app)["repositories"]
        self.assertEqual(("pending_snapshot", "dev", HELLO), (only["status"], only["branch"], only["url"]))
        self.assertNotIn("github_token_encrypted", only)

    def test_two_apps_share_a_repository_and_its_branch(self):
        self.app("one"), self.app("two")
        first = self.ask("add-repository", "one", HELLO, "--branch", "dev")["repository_id"]
        self.assertEqual(first, self.ask("add-repository", "two", HELLO)["repository_id"])
        self.refused(CONFLICT, "add-repository", "one", HELLO)
        self.app("three")
        self.assertIn("dev", self.refused(CONFLICT, "add-repository", "three", HELLO, "--branch", "main"))
        self.ask("remove-repository", "one", first, "--yes")
        self.assertEqual(1, self.stores.psql.number("SELECT count(*) FROM reprise.repositories"))
        self.ask("remove-repository", "two", "octocat/hello-world", "--yes")
        self.assertEqual(0, self.stores.psql.number("SELECT count(*) FROM reprise.repositories"))

    def test_urls_that_git_must_not_see_are_refused(self):
        app = self.app()
        for url in ("ext::sh -c id", "-oProxyCommand=id", "file:///etc", "https://u:p@h.example/a/b", "https://h.example/a\nb", "x"):
            self.refused(USAGE, "add-repository", app, url)
        self.refused(USAGE, "add-repository", app, HELLO, "--branch", "-x")
        self.assertEqual(0, self.stores.psql.number("SELECT count(*) FROM reprise.repositories"))

    def test_an_unknown_app_or_repository_is_not_found(self):
        self.refused(NOT_FOUND, "add-repository", "nobody", HELLO)
        self.refused(NOT_FOUND, "resync", "nobody", "x")
        app = self.app()
        self.assertIn(app, self.refused(NOT_FOUND, "resync", app, "octocat/hello-world"))

    def test_a_token_is_stored_sealed_and_rekey_rewrites_it(self):
        app = self.app()
        self.ask("add-repository", app, HELLO, "--token-stdin", stdin="a-very-secret-token\n")
        sealed = self.stores.psql.value("SELECT github_token_encrypted FROM reprise.app_repositories")
        self.assertNotIn("secret", sealed)
        old = self.env["REPRISE_ENCRYPTION_KEY"]
        turned = {"REPRISE_ENCRYPTION_KEY": KEY_2, "REPRISE_ENCRYPTION_KEY_OLD": old}
        self.assertEqual({"rewritten": 2, "kept": 0, "unreadable": 0}, self.ask("rekey", env=turned))
        self.assertEqual({"rewritten": 0, "kept": 2, "unreadable": 0}, self.ask("rekey", env=turned))
        lost = self.expect(FAILED, "rekey", "--json")
        self.assertEqual(2, lost.json["unreadable"])
        self.assertNotIn("a-very-secret-token", lost.out + lost.err)

    def test_a_secret_moved_to_another_row_does_not_open(self):
        one, two = self.app(name="one"), self.app(name="two")
        self.stores.psql.execute("UPDATE reprise.apps a SET client_auth_key_encrypted = b.client_auth_key_encrypted"
                                 " FROM reprise.apps b WHERE a.app_id = '%s' AND b.app_id = '%s';" % (one, two))
        lost = self.expect(FAILED, "rekey", "--json")
        self.assertEqual({"rewritten": 0, "kept": 1, "unreadable": 1}, lost.json)
        self.assertIn(one, lost.err)

    def test_rekey_binds_what_an_earlier_version_sealed_to_its_row(self):
        app = self.app()
        key = {"REPRISE_ENCRYPTION_KEY": "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"}
        old = ("a0a1a2a3a4a5a6a7a8a9aaabacadaeaf:7ed8c3f7c3de8d27cea49808fc814968:"
               "4b8357d373a8a356acf83fc59a71e3e4fb6825160b4671ce")
        self.stores.psql.execute("UPDATE reprise.apps SET client_auth_key_encrypted = '%s';" % old)
        self.assertIn("1 stored secrets (first: of app %s)" % app, self.run_producer("doctor", "--json", env=key).out)
        self.assertEqual({"rewritten": 1, "kept": 0, "unreadable": 0}, self.ask("rekey", env=key))
        self.assertEqual({"rewritten": 0, "kept": 1, "unreadable": 0}, self.ask("rekey", env=key))
        self.assertNotIn("run `producer rekey`", self.run_producer("doctor", "--json", env=key).out)


class Terminal(ProducerTest):
    CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")

    def test_control_characters_in_names_and_errors_never_arrive(self):
        self.link(self.app())
        self.stores.psql.execute("UPDATE reprise.apps SET app_name = E'a\\x1b]0;owned\\x07\\u009b31m\\u202eb';")
        self.stores.psql.execute("UPDATE reprise.app_repositories SET result = 'failed', last_error = E'x\\r\\n\\x1b[2Jy';")
        for words in (["apps"], ["repositories"], ["retry-all", "--dry-run"], ["resync-all", "--dry-run"],
                      ["repositories", "no\x1b[2Jne"], ["frob\x1b[2J"]):
            for form in ([], ["--json"]):
                answer = self.run_producer(*words, *form)
                self.assertIsNone(self.CONTROL.search(answer.out + answer.err), (words, form, answer))
        name = self.ask("apps")["apps"][0]["app_name"]
        self.assertEqual("a\x1b]0;owned\x07\u009b31m\u202eb", name)

    def test_tables_are_aligned_and_lines_end_in_no_space(self):
        for name in ("short", "a much longer name", "日本語"):
            self.app(name)
        lines = self.expect(DONE, "apps").out.splitlines()
        self.assertEqual(4, len(lines))
        self.assertEqual([line.rstrip() for line in lines], lines)
        end_of_url = lines[0].index("SENDS TO")
        plain = [line for line in lines[1:] if "日" not in line]
        self.assertEqual({end_of_url}, {line.index(URL) for line in plain})


if __name__ == "__main__":
    main()
