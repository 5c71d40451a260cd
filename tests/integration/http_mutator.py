"""Requests that are nearly right: one is made of its parts, some parts are replaced by odd ones, and the bytes leave in an
odd way. The same seed gives the same requests."""
import json
import random

HOSTS = ["127.0.0.1", "localhost", "[::1]:80", "evil.example", "", "a b", "[", "x" * 300]
ODD_VALUES = ["", " ", ",", "a" * 5000, "\t", "-1", "0", "99999999999999999999", "\x7f", "é", "none", "Bearer", "Bearer x.y.z",
              "Basic YTpi", "chunked, identity", "gzip, chunked", "100-continue", "close", "keep-alive, close", "%00", '"', ";=,"]
ADDRESSES = ["", " ", "unknown", "203.0.113.7", "203.0.113.7:4711", "[2001:db8::1]", "[2001:db8::1]:443", "fe80::1%eth0",
             "127.0.0.1", "::ffff:127.0.0.1", "[", "]:", "1.2.3.4:99999999", ",,,", "x" * 200, '"[::1]:1"']
HEADERS = ["Host", "X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "Via", "Authorization", "Cookie", "Origin",
           "Content-Type", "Content-Length", "Transfer-Encoding", "Expect", "Connection", "Accept-Encoding", "If-None-Match",
           "Range", "Upgrade", "Trailer", "X"]
BODIES = [b"", b"{}", b"[]", b"null", b"{", b'{"username":"admin","password":"wrong password"}', b'{"username":1}',
          b'{"definition":"noop","args":{"count":1}}', b'{"definition":"noop","args":{"count":1e999}}',
          b'{"app_name":"x","base_url":"https://client.example"}', b'{"confirmation":"x"}', b'{"a":' * 40 + b"1" + b"}" * 40,
          b'{"a":"\\ud800"}', b"\xff\xfe", b" " * 20000, b'{"username":"' + b"x" * 5000 + b'"}', b"x" * 70000]
WAITS = "/api/workflow-history/resync"  # with adw_id it waits for a worker, of which there is none


class Mutator:
    def __init__(self, seed, document, token, cookie):
        self.random = random.Random(seed)
        self.routes = [(method.upper(), path, [one["name"] for one in about["parameters"] if one["in"] == "query"])
                       for path, methods in document["paths"].items() for method, about in methods.items()
                       if path != WAITS]
        self.token, self.cookie = token, cookie

    def sometimes(self, share):
        return self.random.random() < share

    def pick(self, some):
        return self.random.choice(some)

    def text(self):
        return self.pick([self.pick(ODD_VALUES), "x", "1", "5", "op_x", "app_x", "%41", "%", "%zz", "+", "%2e%2e", "..",
                          "a" * self.random.randrange(3000), "%ff", "completed"])

    def query(self, names):
        pairs = []
        for _ in range(self.pick([0, 0, 1, 1, 2, 3, 40])):
            name = self.pick(names) if names and self.sometimes(0.7) else self.text().strip()
            pairs.append(self.pick([name, name + "=", name + "=" + self.text()]))
        if self.sometimes(0.1):  # more of them than libmicrohttpd has memory for
            pairs += ["p%d=" % number for number in range(self.random.randrange(100, 1500))]
        return "&".join(pairs)

    def target(self, path, names):
        parts = [self.text() or "x" if part.startswith("{") else part for part in path.split("/")]
        target = "/".join(parts)
        if self.sometimes(0.05):
            target = self.pick(["/", "//", "*", "", "/index.html", "/main.js", "/lib/../x", "http://x/", "/x#y", "/\\x", "/" + "a" * 9000])
        if path.startswith("/api/") and self.sometimes(0.2):
            target = "/api/v1" + target[4:]
        query = self.query(names)
        return target + ("?" + query if query or self.sometimes(0.05) else "")

    def header(self):
        name = self.pick(HEADERS)
        if name in ("X-Forwarded-For", "Forwarded", "X"):
            value = ", ".join(self.pick(ADDRESSES) for _ in range(self.random.randrange(4)))
        elif name == "Host":
            value = self.pick(HOSTS)
        else:
            value = self.pick(ODD_VALUES)
        if self.sometimes(0.02):
            name = self.pick(["", " ", "X Y", "X\0", "\xff", "X:"])
        return (name + self.pick([": ", ":", ":  ", ": "]) + value).encode("latin-1")

    def who(self):
        return self.pick([[], [b"Authorization: Bearer " + self.token.encode()], [b"Authorization: Bearer " + self.token.encode()],
                          [b"Cookie: " + self.cookie.encode()], [b"Cookie: " + self.cookie.encode(), b"Origin: http://127.0.0.1"]])

    def body(self, method):
        """Its headers, and its bytes as they leave."""
        if method == "GET" and self.sometimes(0.95):
            return [], b""
        body = self.pick(BODIES)
        if self.sometimes(0.1):
            body = json.dumps({"username": "x" * self.random.randrange(3000), "password": self.text()}).encode()
        kind = [b"Content-Type: application/json"] if self.sometimes(0.9) else []
        if self.sometimes(0.2):
            size = max(1, self.random.randrange(len(body) + 1))
            chunks = [body[at:at + size] for at in range(0, len(body), size)]
            sent = b"".join(b"%x%s\r\n%s\r\n" % (len(chunk), self.pick([b"", b"", b";x=y"]), chunk) for chunk in chunks)
            return kind + [b"Transfer-Encoding: chunked"], sent + self.pick([b"0\r\n\r\n", b"0\r\n\r\n", b"0\r\nX: y\r\n\r\n", b"", b"g\r\n"])
        length = len(body) + self.pick([0] * 12 + [-1, 1, 1000, 10 ** 7])
        return kind + [b"Content-Length: %d" % length], body

    def request(self):
        method, path, names = self.pick(self.routes)
        target = self.target(path, names)
        more, body = self.body(method)
        if self.sometimes(0.05):
            method = self.pick(["HEAD", "PUT", "OPTIONS", "TRACE", "CONNECT", "get", "", "X" * 40, "GET\t"])
        lines = [b"Host: 127.0.0.1"] + self.who() + more + [self.header() for _ in range(self.pick([0, 0, 1, 1, 2, 5]))]
        if self.sometimes(0.03):
            lines = lines[1:]
        if self.sometimes(0.02):
            lines += [b"X-%d: y" % number for number in range(200)]
        self.random.shuffle(lines)
        version = self.pick(["HTTP/1.1"] * 20 + ["HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "http/1.1", "", "HTTP/1.1 "])
        end = b"\r\n" if self.sometimes(0.98) else self.pick([b"\n", b"\r", b"\r\n ", b"\0\r\n"])
        first = (method + " " + target + " " + version).encode("latin-1")
        return end.join([first] + lines) + end + end + body

    def changed(self, data):
        """Now and then a few bytes are others, as a fuzzer makes them."""
        data = bytearray(data)
        for _ in range(self.random.randrange(1, 4)):
            at = self.random.randrange(len(data))
            self.pick([lambda: data.__setitem__(at, self.random.randrange(256)), lambda: data.insert(at, self.random.randrange(256)),
                       lambda: data.__delitem__(slice(at, at + self.random.randrange(1, 20))),
                       lambda: data.__setitem__(slice(at, at), data[at:at + 50])])()
            if not data:
                return b"\n"
        return bytes(data)

    def connection(self):
        """The requests of one connection, as bytes, how many there are, and how it is left: "read", "cut" or "reset"."""
        requests = [self.request() for _ in range(self.pick([1, 1, 1, 2, 4]))]
        data = b"".join(self.changed(one) if self.sometimes(0.2) else one for one in requests)
        if self.sometimes(0.1):
            data = data[:self.random.randrange(len(data) + 1)]
        return data, len(requests), self.pick(["read"] * 6 + ["cut", "reset"])
