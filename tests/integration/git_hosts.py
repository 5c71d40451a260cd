"""git hosts behind HTTPS, for tests whose repositories come over the network: the real one, and those that go on without end."""
import base64
import http.server
import os
import shutil
import ssl
import subprocess
import threading

import tls
from delivering import DeliveryTest

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


def pkt(payload):
    """One packet of git's protocol."""
    return b"%04x" % (len(payload) + 4) + payload


class Endless(http.server.BaseHTTPRequestHandler):
    """Answers each request with pieces until its client leaves. `sent` counts bytes, `left` the clients that left."""
    protocol_version = "HTTP/1.1"
    sent = left = 0

    def log_message(self, *_):
        pass

    def pieces(self):
        raise NotImplementedError

    def do_GET(self):
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(200)
        self.send_header("Content-Type", "application/x-git-upload-pack-%s"
                         % ("advertisement" if self.command == "GET" else "result"))
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for piece in self.pieces():
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                type(self).sent += len(piece)
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            type(self).left += 1
            self.close_connection = True

    do_POST = do_GET


class HostTest(DeliveryTest):
    settings = {"REPRISE_GIT_ALLOW_PRIVATE": "127.0.0.1"}

    @classmethod
    def start_worker(cls, **settings):
        """git is the real one, but trusts a certificate that no authority has signed."""
        bin_dir = cls.folder / "bin"
        bin_dir.mkdir()
        (bin_dir / "git").write_text('#!/bin/sh\nexec %s -c http.sslVerify=false "$@"\n' % shutil.which("git"))
        (bin_dir / "git").chmod(0o755)
        return super().start_worker(PATH="%s:%s" % (bin_dir, os.environ["PATH"]), **settings)

    def serve(self, handler):
        """The URL of a repository on a host of this kind."""
        certificate, key = tls.Authority(self.place, "authority").issue()
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.shutdown)
        return "https://127.0.0.1:%d/source" % server.server_address[1]
