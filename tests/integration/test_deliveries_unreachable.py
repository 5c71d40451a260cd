"""A client or a git host that cannot be reached, or must not be: no server listens, no name server knows its name, no authority vouches for
its certificate, or its address is a private one.
"""
import http.server
import pathlib
import socket
import ssl
import subprocess
import threading
import time

from delivering import DeliveryTest
from harness import USAGE, main

FILES = {"a.txt": b"a\n", "b.txt": b"b\n"}


class SelfSigned:
    """An https server with a certificate that no authority vouches for."""

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

    def test_a_certificate_that_no_authority_vouches_for(self):
        server = SelfSigned(self.place)
        self.addCleanup(server.stop)
        app, repository, _ = self.link_to(server.url)
        self.assertRegex(self.assert_fails(app, repository)["error"], r"(?i)^create a\.txt: .*certificate")

    def test_no_server_listens(self):
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

    def test_no_private_address_is_allowed_unless_it_is_listed(self):
        for url in (self.receiver.url, "http://localhost/", "http://app.localhost/"):
            with self.subTest(url=url):
                self.assertIn("deliver.allow_private", self.refused(USAGE, "add-app", self.name, url,
                                                                    env={"REPRISE_DELIVER_ALLOW_PRIVATE": ""}))

    def test_an_address_that_became_private_is_refused_when_it_is_sent_to(self):
        app, repository, _ = self.link_to(self.receiver.url)
        for url in ("http://127.0.0.2:9/", "http://10.0.0.1:9/"):
            self.stores.psql.execute("UPDATE reprise.apps SET base_url = '%s' WHERE app_id = '%s'" % (url, app))
            begun = time.monotonic()
            error = self.assert_fails(app, repository)["error"]
            self.assertRegex(error, r"^create a\.txt: the address .* is not public")
            self.assertIn("deliver.allow_private", error)
            self.assertLess(time.monotonic() - begun, 25, "it was tried to be reached")
        self.assertEqual([], self.receiver.requests(app))


class UnreachableGitHost(DeliveryTest):
    settings = {"REPRISE_GIT_ALLOW_PRIVATE": "127.0.0.1"}

    def assert_only_told(self, app):
        """After as many failures as there are tries."""
        self.assertEqual(["sync_failed"], [line["verb"] for line in self.receiver.requests(app)])

    def test_a_certificate_that_no_authority_vouches_for(self):
        server = SelfSigned(self.place)
        self.addCleanup(server.stop)
        app = self.new_app()
        repository = self.new_link(app, server.url + "/octocat/hello-world")
        self.assertRegex(self.assert_fails(app, repository)["error"], r"(?i)certificate")
        self.assert_only_told(app)

    def test_no_server_listens(self):
        app = self.new_app()
        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))  # bound, but it does not listen
            repository = self.new_link(app, "https://127.0.0.1:%d/octocat/hello-world" % held.getsockname()[1])
            self.assertRegex(self.assert_fails(app, repository)["error"], r"(?i)refused|could not connect|couldn't connect")
        self.assert_only_told(app)


class SilentGitHost(DeliveryTest):
    settings = {"REPRISE_GIT_ALLOW_PRIVATE": "127.0.0.1", "REPRISE_GIT_TIMEOUT": "1s"}

    def test_git_is_ended_with_all_that_it_has_started(self):
        app = self.new_app()
        with socket.create_server(("127.0.0.1", 0)) as silent:
            port = silent.getsockname()[1]
            repository = self.new_link(app, "https://127.0.0.1:%d/octocat/hello-world" % port)
            self.assertRegex(self.assert_fails(app, repository)["error"], r"^git .* for 1 s and was ended$")
        self.assertEqual([], [words for words in command_lines() if b":%d/octocat" % port in words])


def command_lines():
    for file in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield file.read_bytes()
        except OSError:
            pass  # it has ended


if __name__ == "__main__":
    main()
