"""Requests that are no good, or slow, or many: each is refused or cut, and the others are served."""
import gzip
import json
import os
import pathlib
import random
import shutil
import socket
import tempfile
import time

from api import CLOSED, DashboardTest, answer_of, main, status_of
from harness import eventually

HOST = b"Host: 127.0.0.1\r\n"
DEEP = 100000


def head(*lines, method=b"GET", target=b"/health", host=HOST):
    return method + b" " + target + b" HTTP/1.1\r\n" + host + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


class Shapes(DashboardTest):
    def status(self, data):
        return status_of(self.raw(data))

    def good(self, method="POST", target="/admin/api/operations/preview", body=b"{}"):
        return head(b"Authorization: Bearer " + self.token.encode(), b"Content-Type: application/json",
                    b"Content-Length: %d" % len(body), method=method.encode(), target=target.encode()) + body

    def test_a_plain_request_is_answered(self):
        self.assertEqual(200, self.status(head()))
        self.assertEqual((200, b""), (self.call("HEAD", "/health").status, self.call("HEAD", "/health").body))

    def test_long_answers_are_compressed_for_those_who_take_it(self):
        packed = self.call("GET", "/api/workflow-definitions", headers={"Accept-Encoding": "br, gzip"})
        plain = self.call("GET", "/api/workflow-definitions")
        self.assertEqual(("gzip", None), (packed.headers["Content-Encoding"], plain.headers["Content-Encoding"]))
        self.assertEqual("Accept-Encoding", plain.headers["Vary"])
        self.assertLess(len(packed.body), len(plain.body) / 2)
        self.assertEqual(json.loads(plain.body)["definitions"], json.loads(gzip.decompress(packed.body))["definitions"])
        short = self.call("GET", "/admin/api/session", headers={"Accept-Encoding": "gzip"})
        self.assertIsNone(short.headers["Content-Encoding"], "what fits into a packet is not worth it")

    def test_host_must_be_there_once_and_be_one(self):
        for host in (b"", HOST + HOST, HOST + b"Host: other\r\n", b"Host: a b\r\n", b"Host: a/b\r\n", b"Host: u@h\r\n",
                     b"Host: \r\n", b"Host: h:x\r\n"):
            self.assertEqual(400, self.status(head(host=host)), host)

    def test_shapes_that_two_servers_would_read_differently(self):
        chunked, length = b"Transfer-Encoding: chunked", b"Content-Length: 4"
        hidden = b"0\r\n\r\nGET /health HTTP/1.1\r\n" + HOST + b"\r\n"
        for lines in ((length, chunked), (chunked, length), (length, length), (length, b"Content-Length: 5"),
                      (b"Transfer-Encoding: identity",), (b"Transfer-Encoding: chunked, identity",),
                      (b"Transfer-Encoding: x",), (chunked, chunked), (b"Content-Length: +4",), (b"Content-Length: 4, 4",),
                      (b"Content-Length: 0x4",), (b"Content-Length: -1",), (b"Transfer-Encoding : chunked",),
                      (b"Content-Length : 4",), (b"X\x00Y: 1",), (b"X Y: 1",), (b": 1",)):
            data = self.raw(head(*lines, method=b"POST", target=b"/admin/api/login") + hidden)
            self.assertIn(status_of(data), (400, *CLOSED), (lines, data))
            self.assertNotIn(b"200 OK", data, "what hides behind it is not answered: %r" % (lines,))

    def test_what_is_no_request(self):
        for data in (b"\x16\x03\x01\x02\x00\r\n\r\n", b"GET\r\n\r\n", b"GET /health\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                     b"GET http://127.0.0.1/health HTTP/1.1\r\n" + HOST + b"\r\n", b"GET * HTTP/1.1\r\n" + HOST + b"\r\n",
                     b"GET health HTTP/1.1\r\n" + HOST + b"\r\n"):
            status = self.shut_after(data)
            self.assertTrue(status in CLOSED or status >= 400, (data, status))

    def shut_after(self, data):
        with self.connect() as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(10)
            return status_of(answer_of(connection))

    def test_no_path_leads_out_of_the_page(self):
        for target in ("/../etc/passwd", "/..%2fetc/passwd", "/%2e%2e/etc/passwd", "//etc/passwd", "/lib/../../etc/passwd",
                       "/.git/config", "/lib/%00", "/index.html%00.js", "/index.html/", "/INDEX.HTML", "/lib", "/lib/",
                       "/\\..\\etc", "/index.html#x", "/%", "/%zz"):
            data = self.raw(head(target=target.encode()))
            self.assertIn(status_of(data), (400, 404), (target, data[:200]))
            self.assertNotIn(b"root:", data)

    def test_paths_and_queries_are_read_strictly(self):
        for target in ("/admin/api/apps/%ff", "/admin/api/apps/%00", "/admin/api/apps/a%0d%0aX:1", "/admin/api/apps?limit=%ff",
                       "/admin/api/apps?limit=1&limit=2", "/admin/api/apps?limit=%", "/admin/api/apps?surprise=1",
                       "/admin/api/apps?limit=0", "/admin/api/apps?limit=1e3", "/admin/api/apps?limit=-1",
                       "/admin/api/apps?limit=99999999999999999999", "/admin/api/apps?cursor=zzz", "/admin/api/apps?page=0",
                       "/admin/api/operations?state=x", "/admin/api/repositories?status=x",
                       "/admin/api/apps?" + "&".join("p%d=1" % number for number in range(40))):
            self.refused(400, "GET", target)
        self.refused(414, "GET", "/admin/api/apps?cursor=" + "x" * 9000)
        self.assertIn(self.call("GET", "/health", headers={"X-Long": "x" * 20000}, token="").status, (400, 413, 431))

    def test_bodies_are_read_strictly(self):
        target = "/admin/api/operations/preview"
        for body in (b"{", b"[]", b"null", b"1", b'"x"', b"{'definition':'noop'}", b'{"definition":"noop","definition":"x"}',
                     b'{"definition":"noop"} x', b'{"definition":"\xff\xfe"}', b'{"definition":"\\ud800"}',
                     b'{"definition":"\\u0000"}',
                     b'{"definition":1}', b'{"definition":"noop","args":[]}', b'{"definition":"noop","args":{"count":"x"}}',
                     b'{"definition":"noop","surprise":1}', b'{"definition":"noop","args":{"count":1e999}}',
                     b'{"definition":"noop","args":{"count":99999999999999999999}}', b"{}"):
            self.assertEqual(400, self.status(self.good(target=target, body=body)), body)
        self.refused(400, "POST", target, '{"a":' * DEEP + "1" + "}" * DEEP, headers={"Content-Type": "application/json"})
        self.refused(415, "POST", target, '{"definition":"noop"}', headers={"Content-Type": "text/plain"})
        self.refused(415, "POST", target, '{"definition":"noop"}', headers={"Content-Type": "application/jsonx"})
        self.refused(404, "POST", target, {"definition": "no-such"})

    def test_a_body_of_more_than_a_mebibyte_is_refused_before_it_comes(self):
        data = head(b"Authorization: Bearer " + self.token.encode(), b"Content-Type: application/json",
                    b"Content-Length: 1048577", method=b"POST", target=b"/admin/api/operations/preview")
        self.assertEqual(413, self.status(data))
        self.assertEqual(413, self.status(data.replace(b"1048577", b"99999999999")))
        body = json.dumps({"definition": "x" * 1048000}).encode()
        self.assertEqual(400, self.status(self.good(body=body)), "one of a little less is read")

    def chunked(self, chunks, end=b"0\r\n\r\n"):
        start = head(b"Authorization: Bearer " + self.token.encode(), b"Content-Type: application/json",
                     b"Transfer-Encoding: chunked", method=b"POST", target=b"/admin/api/operations/preview")
        return start + b"".join(b"%x\r\n" % len(chunk) + chunk + b"\r\n" for chunk in chunks) + end

    def test_a_chunked_body_that_is_too_large_is_refused_in_words_and_one_without_an_end_is_cut(self):
        data = self.raw(self.chunked([b" " * 65536] * 40))
        self.assertEqual((413, {"error": "the body is too large: at most 1048576 bytes are accepted"}),
                         (status_of(data), json.loads(data.partition(b"\r\n\r\n")[2])))
        self.assertIn(b"connection: close", data.lower())
        self.assertEqual(400, self.status(self.chunked([b" " * 65536] * 15 + [b"{}"])), "one of a little less is read")
        self.assertEqual(400, self.status(self.chunked([b"{}"])), "a short one is read")
        with self.connect() as connection:
            connection.sendall(self.chunked([], end=b""))
            with self.assertRaises((ConnectionResetError, BrokenPipeError)):
                for _ in range(400):
                    connection.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")

    def test_heads_that_are_no_lines_ending_in_crlf_are_refused(self):
        line, hidden = b"GET /health HTTP/1.1\r\n", b"GET /health HTTP/1.1\r\n" + HOST + b"\r\n"
        for data in (b"GET /health HTTP/1.1\n" + HOST + b"\r\n", line + b"Host: a\nX: y\r\n\r\n",
                     line + HOST + b"X: y\n\n", line + HOST + b"X: y\r\n\n", line + HOST + b"X: y\n\r\n",
                     line + b"X: y\r\n z\r\n" + HOST + b"\r\n", line + HOST + b"X: y\r\n\tz\r\n\r\n",
                     line + b" X: y\r\n" + HOST + b"\r\n",
                     line + HOST + b"X: y\0z\r\n\r\n", line + HOST + b"X: y\0\r\n\r\n", line + HOST + b"X\0: y\r\n\r\n",
                     line + HOST + b"X: y\rz\r\n\r\n", line + HOST + b": y\r\n\r\n", line + HOST + b"\0\r\n\r\n",
                     b"GET /health\0x HTTP/1.1\r\n" + HOST + b"\r\n", b"GET\0/health HTTP/1.1\r\n" + HOST + b"\r\n",
                     b"GET /health HTTP/1.1\0\r\n" + HOST + b"\r\n"):
            answer = self.raw(data + hidden)
            self.assertIn(status_of(answer), (400, *CLOSED), (data, answer))
            self.assertNotIn(b"200 OK", answer, "what hides behind it is not answered: %r" % data)
        refused = self.raw(line + HOST + b"X: y\n\r\n")
        self.assertIn("must end in CRLF", json.loads(refused.partition(b"\r\n\r\n")[2])["error"])

    def test_good_heads_pass_however_they_come(self):
        """Long ones, in pieces, several on one connection, with blanks around their values."""
        seed = int.from_bytes(os.urandom(4), "big")
        print("seed %d" % seed)
        chance = random.Random(seed)
        for _ in range(12):
            lines = [b"X-%d:%s%s%s" % (number, b" " * chance.randrange(3), b"v" * chance.randrange(400),
                                       b"\t " * chance.randrange(2)) for number in range(chance.randrange(25))]
            data = head(*lines, target=b"/health" + chance.choice((b"", b"?")))
            with self.connect() as connection:
                connection.settimeout(10)
                for _ in range(3):
                    at = 0
                    while at < len(data):
                        step = chance.choice((1, 7, 100, 5000))
                        connection.sendall(data[at:at + step])
                        at += step
                    self.assertEqual(200, status_of(answer_of(connection)), data)
        two = self.both(head() + head(b"Connection: close"))
        self.assertEqual(2, two.count(b"200 OK"), "two at once are answered one after the other")

    def both(self, data):
        """All that comes back, however many answers and whatever of it a reset leaves."""
        answers = b""
        with self.connect() as connection:
            connection.settimeout(10)
            try:
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
                while more := connection.recv(65536):
                    answers += more
            except OSError as trouble:
                self.assertNotIsInstance(trouble, TimeoutError, "it is left open")
        return answers

    def test_what_libmicrohttpd_refuses_itself_is_refused_and_closed(self):
        """Before there is a request: its own short text, never ours; the status is right and nothing follows."""
        long = b"X: " + b"x" * 20000 + b"\r\n"
        for data, statuses in ((b"GET /health HTTP/1.1 \r\n" + HOST + b"\r\n", (400,)),
                               (b"GET /health HTTP/2.0\r\n" + HOST + b"\r\n", (400, 505)),
                               (b"GET /health HTTP/1.1\r\n" + HOST + b"no colon\r\n\r\n", (400, *CLOSED)),
                               (b"GET /" + b"x" * 20000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", (414, *CLOSED)),
                               (b"GET /health HTTP/1.1\r\n" + HOST + long + b"\r\n", (431, 413, *CLOSED))):
            answer = self.both(data)
            self.assertIn(status_of(answer), statuses, (data[:60], answer[:200]))
            self.assertEqual(1 if answer else 0, answer.count(b"HTTP/1.1 "))

    def test_noise_ends_neither_the_program_nor_others(self):
        seed = int.from_bytes(os.urandom(4), "big")
        print("seed %d" % seed)
        chance = random.Random(seed)
        good = [self.good(), head(), head(method=b"HEAD"), self.good(target="/admin/api/login"),
                self.good(method="GET", target="/admin/api/apps?limit=5&search=x", body=b"")]
        for _ in range(400):
            data = bytearray(chance.choice(good))
            for _ in range(chance.randint(1, 12)):
                at = chance.randrange(len(data))
                chance.choice((lambda: data.__setitem__(at, chance.randrange(256)), lambda: data.__delitem__(at),
                               lambda: data.insert(at, chance.choice(b"\r\n\x00 :%{}\"")),
                               lambda: data.extend(data[at:at + 20])))()
                data = data or bytearray(b"G")
            with self.connect() as connection:
                connection.sendall(data)
                connection.settimeout(chance.choice((0.001, 0.01)))
                try:
                    connection.recv(65536)
                except (TimeoutError, ConnectionError):
                    pass
        self.assertEqual(200, self.status(head()))
        self.assertNotIn("aborted", self.dashboard.text())

    def test_large_bodies_that_do_not_end_share_a_limit(self):
        start = head(b"Content-Length: 1000000", method=b"POST", target=b"/admin/api/operations/preview") + b"a" * 999999
        many = []

        def is_cut(connection):
            try:
                return connection.recv(1) == b""
            except BlockingIOError:
                return False
            except ConnectionError:
                return True

        for _ in range(90):
            many.append(self.connect())
            self.addCleanup(many[-1].close)
            try:
                many[-1].sendall(start)
            except ConnectionError:
                pass  # it was cut already
            many[-1].settimeout(0)
        eventually(lambda: 90 - sum(map(is_cut, many)) <= 70, "64 MiB are held and no more")
        self.assertEqual(400, self.call("POST", "/admin/api/login", {"username": "x" * 9000}, token="").status)
        for one in many:
            one.close()
        eventually(lambda: self.call("POST", "/admin/api/operations/preview", {"definition": "x" * 90000}).status != 503,
                   "there is room again")

    def test_stored_html_stays_text(self):
        app = self.app("<script>alert(1)</script>")
        self.link(app)
        self.fail_links("<img src=x onerror=alert(1)> & \" </script>")
        reply = self.call("GET", "/admin/api/notifications/failed")
        self.assertEqual("application/json", reply.headers["Content-Type"])
        self.assertEqual("nosniff", reply.headers["X-Content-Type-Options"])
        self.assertEqual("<img src=x onerror=alert(1)> & \" </script>", reply.data["failed"][0]["error"])
        self.assertEqual("<script>alert(1)</script>", reply.data["failed"][0]["app_name"])


class FromDisk(DashboardTest):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="reprise-web-"))
        cls.addClassCleanup(shutil.rmtree, cls.root)
        cls.settings = {"REPRISE_WEB_ROOT": str(cls.root / "root")}
        for directory in ("root", "root/.git", "root/sub", "root/directory.txt"):
            (cls.root / directory).mkdir()
        for name in ("secret.txt", "root/index.html", "root/sub/a.js", "root/.git/b.txt", "root/.hidden.txt", "root/key", "root/c.pem"):
            (cls.root / name).write_text("text of " + name)
        os.mkfifo(cls.root / "root" / "pipe.txt")
        super().setUpClass()

    def test_only_files_of_the_page_below_the_directory(self):
        for path, text in (("/", b"text of root/index.html"), ("/sub/a.js", b"text of root/sub/a.js")):
            self.assertEqual(text, self.call("GET", path, token="").body)
        for path in ("/../secret.txt", "/%2e%2e/secret.txt", "/sub/../../secret.txt", "/..%2fsecret.txt", "/.git/b.txt", "/.hidden.txt",
                     "/key", "/c.pem", "/directory.txt", "/sub", "/pipe.txt", "/sub/a.js/", "/none.js", "/sub%00/a.js"):
            answer = self.raw(head(target=path.encode()))
            self.assertIn(status_of(answer), (400, 404), path)
            self.assertNotIn(b"text of", answer)


class Slow(DashboardTest):
    settings = {"REPRISE_DASHBOARD_DEADLINE": "2s", "REPRISE_DASHBOARD_CONNECTIONS_PER_ADDRESS": "1000"}

    def test_a_dripping_client_is_cut_off(self):
        for start in (b"G", b"GET /health HTTP/1.1\r\nX: ",
                      b"POST /admin/api/login HTTP/1.1\r\nHost: h\r\nContent-Length: 900000\r\n\r\n"):
            began = time.monotonic()
            with self.connect() as connection, self.assertRaises((ConnectionResetError, BrokenPipeError, TimeoutError)):
                connection.sendall(start)
                connection.settimeout(0.1)
                while time.monotonic() - began < 20:
                    try:
                        if connection.recv(1000) == b"":
                            raise ConnectionResetError()
                    except TimeoutError:
                        connection.sendall(b"a")
                raise AssertionError("still there")
            self.assertLess(time.monotonic() - began, 10, start)

    def test_a_client_that_does_not_read_its_answer_is_cut_off(self):
        with self.connect() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            request = head(target=b"/openapi.json")
            try:
                for _ in range(2000):
                    connection.settimeout(0.5)
                    connection.sendall(request)
            except (TimeoutError, ConnectionError):
                pass
            eventually(lambda: _is_shut(connection), "the server shuts it", timeout_s=15)

    def test_a_thousand_idle_connections_starve_no_other(self):
        idle = [self.connect() for _ in range(1000)]
        try:
            for _ in range(20):
                self.assertEqual(200, self.call("GET", "/admin/api/apps").status)
            more = [self.connect() for _ in range(200)]
            idle += more
            self.assertEqual(200, self.call("GET", "/health", token="").status)
            eventually(lambda: all(_is_shut(one) for one in idle[:100]), "the idlest made room", timeout_s=15)
        finally:
            for one in idle:
                one.close()


def _is_shut(connection):
    try:
        connection.settimeout(0.01)
        while connection.recv(65536):
            pass
        return True
    except TimeoutError:
        return False
    except ConnectionError:
        return True


del DashboardTest

if __name__ == "__main__":
    main()
