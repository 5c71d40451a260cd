"""Access and local trouble: a token that lacks, and a disk that is full, say nothing about the repository. Another app of it
is served, its circuit stays closed, and no app is told that a sync has failed.
"""
import base64
import http.server
import os
import shutil
import ssl
import subprocess
import threading
import unittest

import tls
from delivering import DeliveryTest
from harness import eventually, main

TOKEN = "right-token"


class Host(http.server.BaseHTTPRequestHandler):
    """git's own server behind HTTPS, for those who have the token."""
    protocol_version = "HTTP/1.1"
    root = None

    def log_message(self, *_):
        pass

    def do_GET(self):
        wanted = "Basic " + base64.b64encode(b"x-access-token:" + TOKEN.encode()).decode()
        if self.headers.get("Authorization") != wanted:
            self.send_response(401)
            self.send_header("WWW-Authenticate", "Basic realm=git")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answer = subprocess.run(["git", "-c", "safe.directory=*", "http-backend"], input=body, capture_output=True, env={
            "PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": str(self.root), "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path,
            "QUERY_STRING": query, "REQUEST_METHOD": self.command, "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": self.headers.get("Content-Type") or "", "GIT_PROTOCOL": self.headers.get("Git-Protocol") or "",
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding") or ""}).stdout
        head, _, rest = answer.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response(int(fields.pop("Status", "200 OK").split()[0]))
        for name, value in {**fields, "Content-Length": str(len(rest))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(rest)

    do_POST = do_GET


class Access(DeliveryTest):
    settings = {"REPRISE_GIT_ALLOW_PRIVATE": "127.0.0.1"}

    @classmethod
    def start_worker(cls, **settings):
        """git is the real one, but trusts a certificate that no authority has signed."""
        bin_dir = cls.folder / "bin"
        bin_dir.mkdir()
        (bin_dir / "git").write_text('#!/bin/sh\nexec %s -c http.sslVerify=false "$@"\n' % shutil.which("git"))
        (bin_dir / "git").chmod(0o755)
        return super().start_worker(PATH="%s:%s" % (bin_dir, os.environ["PATH"]), **settings)

    def serve(self, root):
        certificate, key = tls.Authority(self.place, "authority").issue()
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Served", (Host,), {"root": root}))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.shutdown)
        return "https://127.0.0.1:%d/source" % server.server_address[1]

    def test_a_token_that_lacks_is_the_links_matter(self):
        source = self.new_repository({"a": b"a\n"})
        url = self.serve(self.place)
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
