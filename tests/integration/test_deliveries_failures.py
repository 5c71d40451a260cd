"""A client that fails, in every way that one can: it is tried again, then the link has failed and says why, and once the client
is well again a retry brings it up to date.
"""
import datetime
import http.server
import socket
import ssl
import subprocess
import threading
import time

from delivering import DeliveryTest, verbs_and_paths
from harness import DONE, NOT_FOUND, USAGE, eventually, main

FILES = {"a.txt": b"a\n", "b.txt": b"b\n"}
ATTEMPTS = 5  # of the house's definitions


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class FailingClient(DeliveryTest):
    settings = {"REPRISE_DELIVER_TIMEOUT": "400ms", "REPRISE_DELIVER_PARALLEL": "1"}

    def fail_and_recover(self, *rules):
        """With these rules a re-sync fails for good; without them a retry succeeds. The error."""
        app, repository, source = self.new_world(FILES)
        self.receiver.behave(*rules)
        outcome = self.assert_fails(app, repository)
        self.assertEqual(ATTEMPTS, len(self.receiver.requests(app)))
        self.receiver.behave()
        self.deliver("retry", app, repository)
        self.assert_synced(app, repository, source)
        return outcome["error"]

    def test_5xx(self):
        error = self.fail_and_recover({"mode": "fail", "status": 503})
        self.assertRegex(error, r"^create a\.txt: HTTP 503")
        self.assertNotIn("refuses", error)

    def test_404(self):
        self.assertRegex(self.fail_and_recover({"mode": "fail", "status": 404}), r"^create a\.txt: HTTP 404, the app refuses it")

    def test_redirects_are_not_followed(self):
        self.assertRegex(self.fail_and_recover({"mode": "fail", "status": 302}), r"^create a\.txt: HTTP 302")

    def test_no_answer(self):
        self.assertRegex(self.fail_and_recover({"mode": "hang"}), r"^create a\.txt: .*(400 ms|timed out|no answer)")

    def test_a_success_whose_body_drips_is_a_success_and_holds_nobody_up(self):
        """The status is the answer; the body of it is read for an error text alone."""
        app, repository, source = self.new_world(FILES)
        self.receiver.behave({"mode": "drip", "apply": True})
        begun = time.monotonic()
        self.deliver("resync", app, repository)
        self.assertLess(time.monotonic() - begun, 30, "the receiver drips for a minute")
        self.assert_synced(app, repository, source)

    def test_a_connection_that_is_closed_early(self):
        self.assertRegex(self.fail_and_recover({"mode": "close"}), r"^create a\.txt: .*(closed|ended|empty)")

    def test_a_passing_failure_is_tried_again_from_where_it_was(self):
        app, repository, source = self.new_world({"f%02d" % i: b"%d\n" % i for i in range(20)})
        self.receiver.behave({"mode": "fail", "status": 500, "every": 8, "times": 2})
        self.deliver("resync", app, repository)
        self.assert_synced(app, repository, source)
        self.assertEqual(len(source.files) + 2, len(self.receiver.requests(app)))
        accepted = [line["path"] for line in self.receiver.requests(app) if line["status"] == 200]
        self.assertEqual(sorted(source.files), sorted(accepted))

    def test_retry_after_is_honoured(self):
        app, repository, source = self.new_world(FILES)
        for rule in ({"mode": "fail", "status": 503, "retry_after": 2, "times": 1}, {"mode": "429", "retry_after": 2, "times": 1}):
            self.receiver.behave(rule)
            before = len(self.receiver.requests(app))
            self.deliver("resync", app, repository)
            first, second = self.receiver.requests(app)[before:before + 2]
            self.assertEqual((first["path"], 200), (second["path"], second["status"]))
            self.assertGreaterEqual(seconds(second["time"]) - seconds(first["time"]), 1.9)
            self.assert_synced(app, repository, source)

    def test_between_attempts_the_link_says_what_went_wrong(self):
        app, repository, source = self.new_world(FILES)
        self.receiver.behave({"mode": "fail", "status": 503, "retry_after": 30, "times": 1})
        operation = self.ask("resync", app, repository, "--no-wait")["operation_id"]
        row = eventually(lambda: [row for row in self.ask("repositories", app)["repositories"] if row["retry_count"] == 1],
                         "the first attempt has failed")[0]
        self.assertEqual("pending_snapshot", row["status"])
        self.assertIn("HTTP 503", row["last_error"])
        self.ask("cancel", operation)
        row = eventually(lambda: [row for row in self.ask("repositories", app)["repositories"] if row["status"] == "failed"],
                         "the link has failed")[0]
        self.assertIn("cancelled after 0 of 2 files", row["last_error"])
        self.receiver.behave()
        self.deliver("retry", app, repository)
        self.assert_synced(app, repository, source)

    def test_retry_app_takes_the_failed_ones_only(self):
        app = self.new_app()
        links = {}
        for name in ("one", "two", "three"):
            source = self.new_repository({name: b"%s\n" % name.encode()}, name)
            links[self.new_link(app, source.url)] = source
        self.receiver.behave({"mode": "fail", "path_contains": "t"})
        self.run_producer("resync-app", app, "--yes", "--watch")
        states = [row["status"] for row in self.ask("repositories", app)["repositories"]]
        self.assertEqual(["failed", "failed", "synced"], sorted(states))
        self.receiver.behave()
        before = len(self.receiver.requests(app))
        self.assertEqual(2, self.ask("retry-app", app, "--yes", "--watch")["total"])
        self.assertEqual({("create", "two"), ("create", "three")}, set(verbs_and_paths(self.receiver.requests(app)[before:])))
        for repository, source in links.items():
            self.assertEqual(source.head(), self.receiver.files(app, repository))
        self.refused(NOT_FOUND, "retry-app", app, "--yes")


class SelfSigned:
    """An https server with a certificate that nobody vouches for."""

    def __init__(self, folder):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                        "key.pem", "-out", "cert.pem", "-subj", "/CN=127.0.0.1", "-days", "2"], cwd=folder, check=True,
                       stderr=subprocess.DEVNULL)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
        self._server.handle_error = lambda *_: None  # that the client turns away is what is wanted
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = "https://127.0.0.1:%d" % self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def stop(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class UnreachableClient(DeliveryTest):
    def link_to(self, url):
        source, app = self.new_repository(FILES), self.new_app(url)
        return app, self.new_link(app, source.url), source

    def test_a_certificate_that_nobody_vouches_for(self):
        server = SelfSigned(self.place)
        self.addCleanup(server.stop)
        app, repository, _ = self.link_to(server.url)
        self.assertRegex(self.assert_fails(app, repository)["error"], r"(?i)^create a\.txt: .*certificate")

    def test_nobody_listens(self):
        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))  # bound, but it does not listen
            app, repository, source = self.link_to("http://127.0.0.1:%d" % held.getsockname()[1])
            self.assertRegex(self.assert_fails(app, repository)["error"], r"(?i)^create a\.txt: .*(refused|could not connect)")
        self.stores.psql.execute("UPDATE reprise.apps SET base_url = '%s' WHERE app_id = '%s'" % (self.receiver.url, app))
        self.deliver("retry", app, repository)
        self.assert_synced(app, repository, source)

    def test_a_name_that_does_not_resolve(self):
        app, repository, _ = self.link_to("http://no-such-host.invalid/hooks")
        self.assertRegex(self.assert_fails(app, repository)["error"], r"does not resolve \(no-such-host\.invalid:80\)")

    def test_a_private_address_is_refused_at_registration(self):
        for url in ("http://10.0.0.1/", "http://192.168.1.1:8080/", "http://169.254.169.254/latest", "http://[::1]/",
                    "http://127.0.0.2/", "http://2130706434/", "http://0x7f.2/", "http://[::ffff:10.0.0.1]/"):
            with self.subTest(url=url):
                text = self.refused(USAGE, "add-app", self.name, url)
                self.assertRegex(text, r"not a public address")
                self.assertIn("deliver.allow_private", text)

    def test_an_address_that_became_private_is_refused_when_it_is_sent_to(self):
        app, repository, _ = self.link_to(self.receiver.url)
        for url in ("http://127.0.0.2:9/", "http://10.0.0.1:9/"):
            self.stores.psql.execute("UPDATE reprise.apps SET base_url = '%s' WHERE app_id = '%s'" % (url, app))
            begun = time.monotonic()
            error = self.assert_fails(app, repository)["error"]
            self.assertRegex(error, r"not a public address")
            self.assertIn("deliver.allow_private", error)
            self.assertLess(time.monotonic() - begun, 25, "it was tried to be reached")
        self.assertEqual([], self.receiver.requests(app))


if __name__ == "__main__":
    main()
