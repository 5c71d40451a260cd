"""Who may call the API: sessions, tokens and attacks on them, cookies and Origin, guessing, what never leaves."""
import gzip
import hashlib
import hmac
import http.client
import os
import pathlib
import re
import shutil
import tempfile
import threading
import time

from api import PASSWORD, SECRET, USER, Dashboard, DashboardTest, good_claims, jwt, main, run_dashboard, status_of
from harness import eventually

OPEN = {("post", "/admin/api/login"), ("get", "/health"), ("get", "/ready"), ("get", "/openapi.json")}
LOOPBACK_ONLY = {("get", "/metrics")}


def cookie_of(reply):
    return reply.headers["Set-Cookie"].split(";")[0]


class Routes(DashboardTest):
    def test_every_route_but_the_open_ones_wants_a_caller(self):
        paths = self.call("GET", "/openapi.json", token="").json["paths"]
        tried = 0
        for path, operations in paths.items():
            for method, about in operations.items():
                if (method, path) in OPEN | LOOPBACK_ONLY:
                    continue
                self.assertTrue(about["security"], (method, path))
                real = re.sub(r"\{\w+\}", "x", path)
                for token in ("", "x", "0" * 64, jwt(good_claims(), secret="another secret of thirty-two bytes")):
                    self.refused(401, method.upper(), real, token=token)
                for version in ([real.replace("/api/", "/api/v1/")] if real.startswith("/api/") else []):
                    self.refused(401, method.upper(), version, token="")
                tried += 1
        self.assertGreater(tried, 30)

    def test_metrics_are_open_to_this_machine_only(self):
        self.assertEqual(200, self.call("GET", "/metrics", token="").status)
        for headers in ({"X-Forwarded-For": "203.0.113.5"}, {"X-Forwarded-For": "127.0.0.1"}, {"Host": "evil.example"},
                        {"Host": "127.0.0.1.evil.example"}):
            self.refused(401, "GET", "/metrics", token="", headers=headers)
            self.assertEqual(200, self.call("GET", "/metrics", headers=headers).status)
        for name in ("Via", "Forwarded", "X-Real-IP"):
            self.refused(401, "GET", "/metrics", token="", headers={name: "x"})
        bare = b"GET /metrics HTTP/1.0\r\nHost: 127.0.0.1:8080\r\nConnection: close\r\n\r\n"  # a proxy_pass of nginx alone
        self.assertEqual(401, status_of(self.raw(bare)))

    def test_another_method_is_405_and_says_which_there_are(self):
        reply = self.call("PUT", "/admin/api/apps")
        self.assertEqual((405, "GET, POST"), (reply.status, reply.headers["Allow"]))
        self.refused(404, "GET", "/admin/api/nothing")
        self.refused(404, "GET", "/admin/api/apps/")

    def test_the_security_headers_are_on_every_answer(self):
        for path in ("/", "/health", "/admin/api/apps", "/admin/api/nothing"):
            headers = self.call("GET", path).headers
            self.assertTrue(headers["Content-Security-Policy"].startswith("default-src 'self';"), path)
            self.assertEqual("nosniff", headers["X-Content-Type-Options"])
            self.assertEqual("DENY", headers["X-Frame-Options"])
        self.assertEqual("no-store", self.call("GET", "/admin/api/apps").headers["Cache-Control"])


    def test_the_page_is_kept_by_browsers_and_asked_for_again(self):
        page = self.call("GET", "/", token="")
        self.assertEqual((200, "text/html; charset=utf-8"), (page.status, page.headers["Content-Type"]))
        again = self.call("GET", "/index.html", token="", headers={"If-None-Match": page.headers["ETag"]})
        self.assertEqual((304, b""), (again.status, again.body))
        name = re.search(rb'src="(assets/main-[^"]+)"', self.call("GET", "/", token="").body).group(1).decode()
        script = self.call("GET", "/" + name, token="", headers={"Accept-Encoding": "gzip"})
        plain = self.call("GET", "/" + name, token="")
        self.assertIn("immutable", plain.headers["Cache-Control"], "its name holds a digest of its content")
        if script.headers["Content-Encoding"]:
            self.assertEqual(plain.body, gzip.decompress(script.body))
        self.assertEqual("text/javascript; charset=utf-8", plain.headers["Content-Type"])


class PageFromDisk(DashboardTest):
    """web.root, for who works on the page."""

    @classmethod
    def setUpClass(cls):
        cls.outside = pathlib.Path(tempfile.mkdtemp(prefix="reprise-page-"))
        cls.root = cls.outside / "page"
        (cls.root / "core").mkdir(parents=True)
        cls.settings = {"REPRISE_WEB_ROOT": str(cls.root)}
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        shutil.rmtree(cls.outside)

    def test_no_link_leads_out_of_the_directory(self):
        (self.root / "index.html").write_text("a page")
        (self.root / "core" / "a.js").write_text("a script")
        (self.outside / "secret.js").write_text("a secret")
        (self.root / "out.js").symlink_to("../secret.js")
        (self.root / "absolute.js").symlink_to(self.outside / "secret.js")
        (self.root / "up").symlink_to("..")
        (self.root / "inner.js").symlink_to("core/a.js")
        (self.root / "a.js").mkdir()
        os.mkfifo(self.root / "pipe.js")
        for path, text in (("/", b"a page"), ("/index.html", b"a page"), ("/core/a.js", b"a script")):
            self.assertEqual(text, self.call("GET", path, token="").body)
        for path in ("/out.js", "/absolute.js", "/up/secret.js", "/inner.js", "/a.js", "/pipe.js", "/../secret.js", "/none.js",
                     "/core/../index.html", "//secret.js", "/%2e%2e/secret.js"):
            self.assertIn(self.call("GET", path, token="").status, (400, 404), path)


class Tokens(DashboardTest):
    def denied(self, token):
        self.assertNotIn("expired", self.refused(401, "GET", "/admin/api/session", token=token))

    def test_a_token_of_the_program_opens_the_api(self):
        made = run_dashboard(self.env, "token", "--subject", "a robot", "--expires", "1h").stdout.strip()
        self.assertEqual({"username": "a robot", "by": "token", "role": "admin", "expires_at": None},
                         self.get("/admin/api/session", token=made))

    def test_forged_expired_and_foreign_tokens_are_refused(self):
        self.assertEqual("tests", self.get("/admin/api/session", token=jwt(good_claims()))["username"])
        self.denied(jwt(good_claims(exp=int(time.time()) - 1)))
        self.denied(jwt(good_claims(exp="9999999999")))
        self.denied(jwt(good_claims(nbf=int(time.time()) + 600)))
        self.denied(jwt({"sub": "tests"}))
        self.denied(jwt({"exp": int(time.time()) + 600}))
        self.denied(jwt(good_claims(sub="")))
        self.denied(jwt(good_claims(), secret=SECRET + "x"))
        good = jwt(good_claims())
        head, body, seal = good.split(".")
        self.denied(head + "." + jwt(good_claims(sub="root")).split(".")[1] + "." + seal)
        self.denied(head + "." + body + "." + seal[:-2])
        self.denied(head + "." + body + ".")
        self.denied(head + "." + body)

    def test_claims_of_a_wrong_type_are_refused(self):
        for claims in ({"nbf": "9999999999"}, {"nbf": "0"}, {"nbf": True}, {"nbf": None}, {"nbf": 1.5}, {"nbf": [1]}, {"iat": "x"},
                       {"exp": True}, {"exp": 9e99}, {"sub": 5}, {"sub": ["x"]}, {"sub": "a\0b"}, {"jti": 5}, {"jti": ""},
                       {"jti": "x" * 200}, {"aud": 5}, {"aud": {}}, {"aud": None}, {"role": 5}, {"role": None}, {"role": ["admin"]}):
            self.denied(jwt(good_claims(**claims)))
        self.denied(jwt(good_claims(), header={"alg": "HS256", "typ": "JWT", "crit": ["exp"]}))

    def test_a_token_is_for_us_and_has_a_role_that_there_is(self):
        for claims in ({"aud": "another"}, {"aud": []}, {"aud": ["another"]}, {"aud": ""}, {"role": ""}, {"role": "root"},
                       {"role": "Admin"}):
            self.denied(jwt(good_claims(**claims)))
        for claims in ({"aud": "reprise"}, {"aud": ["another", "reprise"]}, {"aud": "reprise", "role": "viewer"}):
            self.get("/admin/api/session", token=jwt(good_claims(**claims)))

    def test_a_viewer_looks_an_operator_works_and_an_admin_registers(self):
        tokens = {role: self.issued("--role", role) for role in ("viewer", "operator", "admin")}
        for role, token in tokens.items():
            self.assertEqual(role, self.get("/admin/api/session", token=token)["role"])
            self.assertEqual(200, self.call("GET", "/admin/api/apps", token=token).status)
        for role, statuses in (("viewer", (403, 403)), ("operator", (404, 403)), ("admin", (404, 404))):
            seen = (self.call("POST", "/admin/api/operations/op_x/cancel", token=tokens[role]).status,
                    self.call("DELETE", "/admin/api/apps/app_x", token=tokens[role]).status)
            self.assertEqual(statuses, seen, role)
        text = self.refused(403, "POST", "/admin/api/resync/all", token=tokens["viewer"])
        self.assertEqual("this needs the role operator; yours is viewer", text)
        refused = run_dashboard(self.env, "token", "--subject", "x", "--expires", "1h", "--role", "root")
        self.assertEqual((2, ""), (refused.returncode, refused.stdout))

    def test_a_viewer_changes_nothing_by_any_route(self):
        viewer = self.issued("--role", "viewer")
        for path, operations in self.call("GET", "/openapi.json", token="").json["paths"].items():
            for method in set(operations) - {"get"}:
                if path not in ("/admin/api/login", "/admin/api/logout"):
                    self.refused(403, method.upper(), re.sub(r"\{\w+\}", "x", path), token=viewer)

    def issued(self, *more, subject="a robot"):
        made = run_dashboard(self.env, "token", "--subject", subject, "--expires", "1h", *more)
        self.assertEqual(0, made.returncode, made.stderr)
        return made.stdout.strip()

    def revoke(self, *words):
        return run_dashboard(self.env, "revoke-token", *words).returncode

    def test_a_token_that_was_called_back_is_dead_at_once(self):
        lost = "a robot that was lost"
        first, second, third = (self.issued(subject=lost) for _ in range(3))
        made = run_dashboard(self.env, "token", "--subject", lost, "--expires", "1h")
        fourth, its_id = made.stdout.strip(), made.stderr.strip().split()[-1]
        self.assertEqual((0, 0), (self.revoke(first), self.revoke(its_id)))
        for token, status in ((first, 401), (fourth, 401), (second, 200)):
            self.assertEqual(status, self.call("GET", "/admin/api/session", token=token).status)
            self.assertEqual(status, self.call("GET", "/metrics", token=token, headers={"Host": "other"}).status)
        old = jwt(good_claims(sub=lost))
        self.assertEqual(0, self.revoke("--subject", lost))
        for token in (second, third, old):
            self.refused(401, "GET", "/admin/api/session", token=token)
        self.get("/admin/api/session", token=jwt(good_claims(sub=lost, iat=int(time.time()) + 60)))
        self.get("/admin/api/session")
        for words in ((), ("x.y.z",), (jwt(good_claims(sub=lost)),), ("--subject", ""), ("a b",)):
            self.assertEqual(2, self.revoke(*words), words)

    def test_the_algorithm_is_pinned(self):
        for name in ("none", "None", "NONE", "nOnE"):
            self.denied(jwt(good_claims(), secret=None, header={"alg": name, "typ": "JWT"}))
            self.denied(jwt(good_claims(), header={"alg": name, "typ": "JWT"}))
        self.denied(jwt(good_claims(), header={"alg": "HS512", "typ": "JWT"}, algorithm=hashlib.sha512))
        self.denied(jwt(good_claims(), header={"alg": "HS384", "typ": "JWT"}, algorithm=hashlib.sha384))
        self.denied(jwt(good_claims(), header={"alg": "RS256", "typ": "JWT"}))
        self.denied(jwt(good_claims(), header={"typ": "JWT"}))
        self.denied(jwt(good_claims(), header=b"not json"))

    def test_short_secrets_and_bad_words_are_refused_by_the_program(self):
        short = {**self.env, "REPRISE_JWT_SECRET": "short"}
        refusal = run_dashboard(short, "token", "--subject", "x", "--expires", "1h")
        self.assertEqual((2, ""), (refusal.returncode, refusal.stdout))
        self.assertNotIn("short", refusal.stderr)
        none = run_dashboard({**self.env, "REPRISE_JWT_SECRET": ""}, "token", "--subject", "x", "--expires", "1h")
        self.assertEqual(2, none.returncode)
        self.assertIn("openssl rand", none.stderr)
        for words in (["token"], ["token", "--subject", "x"], ["token", "--subject", "x", "--expires", "soon"],
                      ["token", "--subject", "", "--expires", "1h"], ["frob"]):
            self.assertEqual(2, run_dashboard(self.env, *words).returncode, words)
        for words in (["--help"], ["help"], ["token", "--help"], ["hash-password", "-h"]):
            self.assertIn("usage: dashboard", run_dashboard(self.env, *words).stdout)
        self.assertEqual(2, run_dashboard(self.env, "hash-password", stdin="short\n").returncode)


class Sessions(DashboardTest):
    def test_log_in_ask_log_out_and_it_is_dead(self):
        reply = self.login()
        self.assertEqual(200, reply.status, reply)
        self.assertIs(True, reply.data["success"])
        token, cookie = reply.data["token"], reply.headers["Set-Cookie"]
        for word in ("HttpOnly", "SameSite=Strict", "Path=/"):
            self.assertIn(word, cookie)
        self.assertNotIn("Secure", cookie)  # the browser speaks plain HTTP to loopback
        self.assertEqual("session", self.get("/admin/api/session", token=token)["by"])
        key = self.env["REPRISE_DASHBOARD_PASSWORD_HASH"].encode()
        digest = hmac.new(key, USER.encode() + b"\0" + token.encode(), hashlib.sha256).hexdigest()
        self.assertEqual(1, self.stores.psql.number("SELECT count(*) FROM reprise.dashboard_session"
                                                    " WHERE encode(token_sha256, 'hex') = '%s'" % digest))
        self.assertEqual(200, self.call("POST", "/admin/api/logout", token=token).status)
        self.refused(401, "GET", "/admin/api/session", token=token)

    def test_a_session_slides_for_an_hour_and_then_ends(self):
        token = self.login().data["token"]
        psql = self.stores.psql
        psql.execute("UPDATE reprise.dashboard_session SET seen_at = now() - interval '59 minutes';")
        self.get("/admin/api/session", token=token)
        self.assertEqual(1, psql.number("SELECT count(*) FROM reprise.dashboard_session WHERE seen_at > now() - interval '9 s'"))
        psql.execute("UPDATE reprise.dashboard_session SET seen_at = now() - interval '61 minutes';")
        self.refused(401, "GET", "/admin/api/session", token=token)
        self.login()
        self.assertEqual(1, psql.number("SELECT count(*) FROM reprise.dashboard_session"), "the dead are removed")

    def test_a_session_ends_at_its_age_however_busy_it_is(self):
        login = self.login()
        token, psql = login.data["token"], self.stores.psql
        self.assertIn("Max-Age=43200", login.headers["Set-Cookie"])  # the browser keeps it as long as we may
        psql.execute("UPDATE reprise.dashboard_session SET created_at = now() - interval '11 hours 50 minutes';")
        left = self.get("/admin/api/session", token=token)["expires_at"]
        self.assertLess(left, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 660)))
        psql.execute("UPDATE reprise.dashboard_session SET created_at = now() - interval '12 hours 1 s', seen_at = now();")
        self.refused(401, "GET", "/admin/api/session", token=token)

    def test_a_secure_cookie_is_of_this_host_only_by_its_name(self):
        there = {"Host": "reprise.example", "Origin": "https://reprise.example"}
        name, rest = self.login(headers=there).headers["Set-Cookie"].split("=", 1)
        value, words = rest.split("; ", 1)
        self.assertEqual("__Host-reprise_session", name)
        self.assertEqual({"Path=/", "Secure", "HttpOnly", "SameSite=Strict", "Max-Age=43200"}, set(words.split("; ")))
        for cookie, status in (("%s=%s", 200), ("reprise_session=%.0s%s", 401), ("__Secure-reprise_session=%.0s%s", 401),
                               ("x%s=%s", 401), ("__host-reprise_session=%.0s%s", 401)):
            headers = {**there, "Cookie": cookie % (name, value)}
            self.assertEqual(status, self.call("GET", "/admin/api/session", token="", headers=headers).status, cookie)
        planted = {**there, "Cookie": "reprise_session=%s; %s=%s" % ("0" * 64, name, value)}
        self.assertEqual(200, self.call("GET", "/admin/api/session", token="", headers=planted).status)

    def test_another_password_or_user_ends_all_sessions(self):
        token = self.login().data["token"]
        changed = run_dashboard(self.env, "hash-password", stdin="another password\n").stdout.strip()
        for name, value in (("REPRISE_DASHBOARD_PASSWORD_HASH", changed), ("REPRISE_DASHBOARD_PASSWORD_HASH", ""),
                            ("REPRISE_DASHBOARD_USER", "another")):
            place = self.place / ("other-" + name + value[-4:])
            place.mkdir()
            other = Dashboard({**self.env, name: value}, place)
            self.addCleanup(other.stop)
            connection = http.client.HTTPConnection("127.0.0.1", other.port, timeout=30)
            connection.request("GET", "/admin/api/session", headers={"Authorization": "Bearer " + token})
            self.assertEqual(401, connection.getresponse().status)
            connection.close()
        self.get("/admin/api/session", token=token)

    def test_a_cookie_changes_nothing_without_our_origin(self):
        cookie = cookie_of(self.login())
        ours = "http://127.0.0.1:%d" % self.dashboard.port
        read = {"Cookie": cookie}
        self.assertEqual(200, self.call("GET", "/admin/api/session", token="", headers=read).status)
        for origin in (None, "null", "http://evil.example", ours + "0", ours + "/", "http://127.0.0.1", "https://"):
            headers = {**read, **({"Origin": origin} if origin is not None else {})}
            self.refused(403, "POST", "/admin/api/resync/all", token="", headers=headers)
            self.refused(403, "DELETE", "/admin/api/apps/x", token="", headers=headers)
        self.refused(404, "POST", "/admin/api/resync/all", token="", headers={**read, "Origin": ours})
        self.refused(403, "POST", "/admin/api/login", {"username": "x", "password": "y"}, token="",
                     headers={"Origin": "http://evil.example"})
        name, value = cookie.split("=")
        for bad in ("%s=%s; %s=%s" % (name, "0" * 64, name, value), name, name + "=", "x" + cookie):
            self.refused(401, "GET", "/admin/api/session", token="", headers={"Cookie": bad})

    def test_over_plain_http_from_elsewhere_the_right_password_is_refused_in_words(self):
        for name in ("reprise.example", "192.0.2.9:8080", "[2001:db8::1]"):
            mine = {"Origin": "http://" + name, "Host": name}
            for password in (PASSWORD, "a wrong password") * 4:  # not looked at, nor counted as a try
                text = self.login(password, headers=mine)
                self.assertEqual(403, text.status, text)
                self.assertRegex(text.error, "plain http.*https.*127.0.0.1")
        for origin, host in (("http://localhost:1", "localhost:1"), ("https://reprise.example", "reprise.example"), (None, "reprise.example")):
            reply = self.login(headers={"Host": host, **({"Origin": origin} if origin else {})})
            self.assertEqual(200, reply.status, reply)


class Guessing(DashboardTest):
    settings = {"REPRISE_DASHBOARD_TRUSTED_PROXIES": "127.0.0.1"}

    def guess(self, address, username=USER, password="wrong password"):
        return self.login(password, username, headers={"X-Forwarded-For": address})

    def test_five_a_minute_from_an_address_whatever_the_name(self):
        for number in range(5):
            self.assertEqual(401, self.guess("203.0.113.7", "name %d" % number).status)
        reply = self.guess("203.0.113.7", password=PASSWORD)
        self.assertEqual(429, reply.status)
        self.assertTrue(0 < int(reply.headers["Retry-After"]) <= 60)
        self.assertEqual(429, self.guess("203.0.113.7, 127.0.0.1", password=PASSWORD).status)
        self.assertEqual(200, self.guess("203.0.113.8", password=PASSWORD).status, "another address is not held up")

    def test_one_name_from_many_addresses(self):
        statuses = [self.guess("198.51.100.%d" % number, "a name").status for number in range(1, 32)]
        self.assertEqual([401] * 30 + [429], statuses)

    def test_seven_addresses_do_not_lock_the_owner_out(self):
        owner = USER
        statuses = [self.guess("198.51.100.%d" % (200 + number), owner).status for number in range(7) for _ in range(5)]
        self.assertEqual([401] * 30 + [429] * 5, statuses)
        self.assertEqual(429, self.guess("192.0.2.201", owner).status, "guessing costs an address for each try")
        self.assertEqual(429, self.guess("192.0.2.201", owner, PASSWORD).status)
        self.assertEqual(200, self.guess("192.0.2.202", owner, PASSWORD).status)
        self.assertEqual(401, self.guess("192.0.2.203", owner).status, "success forgives the name")

    def test_a_port_or_brackets_do_not_make_a_client_of_the_proxy(self):
        for number, form in enumerate(("192.0.2.211:%d", "[2001:db8:9::1]:%d") * 5):
            self.assertEqual(401, self.guess(form % (4000 + number), "port %d" % number).status)
        for address in ("192.0.2.211:1", "192.0.2.211", "[2001:db8:9::2]", "2001:db8:9::1"):
            self.assertEqual(429, self.guess(address, "port").status, address)

    def test_tries_are_counted_before_anything_of_them_is_read(self):
        mine = {"X-Forwarded-For": "192.0.2.220", "Content-Type": "application/json"}
        for _ in range(5):
            self.refused(400, "POST", "/admin/api/login", "{", token="", headers=mine)
        self.refused(429, "POST", "/admin/api/login", "{", token="", headers=mine)

    def test_each_route_has_its_limit_for_bodies(self):
        for path, most in (("login", 16 << 10), ("resync", 64 << 10), ("operations", 1 << 20), ("operations/preview", 1 << 20)):
            for more in (1, 1 << 30):
                data = self.raw(b"POST /admin/api/%s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                                b"Content-Length: %d\r\n\r\n" % (path.encode(), most + more))
                self.assertEqual(413, status_of(data), path)
                self.assertIn(b"the body is too large: at most %d bytes are accepted" % most, data)

    def test_what_a_client_says_itself_of_its_address_does_not_count(self):
        for number in range(5):
            self.assertEqual(401, self.guess("10.0.0.%d, 192.0.2.1" % number, "another").status)
        self.assertEqual(429, self.guess("10.0.0.99, 192.0.2.1", "another").status)

    def test_a_line_of_its_own_that_a_proxy_adds_counts_and_not_the_clients(self):
        body = b'{"username":"two lines","password":"wrong password"}'
        statuses = [status_of(self.raw(
            b"POST /admin/api/login HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 10.9.9.%d\r\nx-forwarded-for: 192.0.2.9\r\n"
            b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (number, len(body), body))) for number in range(6)]
        self.assertEqual([401] * 5 + [429], statuses)

    def test_what_a_proxy_passes_on_ends_its_connection(self):
        first, second = b"GET /health HTTP/1.1\r\nHost: x\r\n", b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"
        for between in (b"\r\n", b": x\r\n", b"\0: x\r\n", b"\n"):
            with self.connect() as connection:
                connection.sendall(first + between + second)
                connection.settimeout(10)
                answers = b""
                for more in iter(lambda: connection.recv(65536), b""):
                    answers += more
            self.assertEqual((1, 0), (answers.count(b"HTTP/1.1 "), answers.count(b"404")), between)
            self.assertIn(b"connection: close", answers.lower())

    def test_the_addresses_of_one_network_are_one_client(self):
        for number in range(5):
            self.assertEqual(401, self.guess("2001:db8:1:2::%x" % number, "six %d" % number).status)
        self.assertEqual(429, self.guess("2001:db8:1:2:ffff::1", "six").status)
        self.assertEqual(401, self.guess("2001:db8:1:3::1", "six").status)
        for number in range(5):
            self.assertEqual(401, self.guess("192.0.2.50" if number % 2 else "::ffff:192.0.2.50", "four %d" % number).status)
        self.assertEqual(429, self.guess("192.0.2.50", "four").status)

    def test_many_who_guess_hold_up_no_other(self):
        answered = []
        guessing = [threading.Thread(target=lambda address="203.0.113.%d" % number: answered.append(self.guess(address, "n" + address)))
                    for number in range(100, 160)]
        for thread in guessing:
            thread.start()
        eventually(lambda: answered, "the first is refused", every_s=0.002)
        self.refused(404, "POST", "/admin/api/operations/op_x/cancel")
        waited_for = len(answered)
        for thread in guessing:
            thread.join()
        self.assertEqual([401] * 60, [reply.status for reply in answered])
        self.assertLess(waited_for, 40, "a cancel waits behind the guesses")

    def test_the_answer_does_not_say_what_was_wrong(self):
        one = self.guess("192.0.2.77", "nobody").error
        self.assertEqual(one, self.guess("192.0.2.77", USER).error)
        for body in ({}, {"username": USER}, {"username": 1, "password": "x"}, {"username": USER, "password": "x" * 2000},
                     {"username": USER, "password": "x", "more": 1}):
            self.refused(400, "POST", "/admin/api/login", body, token="")


class Unconfigured(DashboardTest):
    settings = {"REPRISE_DASHBOARD_PASSWORD_HASH": "", "REPRISE_JWT_SECRET": ""}

    def test_without_a_password_there_is_no_login_and_without_a_secret_no_token_counts(self):
        self.assertEqual(503, self.login().status)
        for secret in ("", SECRET):
            self.refused(401, "GET", "/admin/api/session", token=jwt(good_claims(), secret=secret))


class Secrets(DashboardTest):
    def test_no_secret_is_in_an_answer_or_in_the_log(self):
        token = self.login().data["token"]
        self.login("a wrong password")
        made = self.call("POST", "/admin/api/apps", {"app_name": "x", "base_url": "https://client.example",
                                                     "client_auth_key": "a-given-client-key"})
        app = made.data["app_id"]
        self.assertIsNone(made.data["client_auth_key"])
        self.call("POST", "/admin/api/apps/%s/repositories" % app,
                  {"url": "https://github.com/a/b", "token": "a-private-token"})
        self.refused(422, "POST", "/admin/api/apps/%s/repositories" % app, {"url": "https://user:pass-word@github.com/a/c"})
        answers = "".join(str(self.get(path)) for path in (
            "/admin/api/apps", "/admin/api/apps/" + app, "/admin/api/repositories", "/admin/api/overview"))
        for secret in (PASSWORD, SECRET, token, self.token, "a-given-client-key", "a-private-token", "pass-word", "5e" * 32,
                       "a wrong password"):
            self.assertNotIn(secret, answers)
            self.assertNotIn(secret, self.dashboard.text())
        printed = run_dashboard(self.env, "--print-config").stdout
        self.assertIn("jwt.secret = (set)", printed)
        self.assertNotIn(SECRET, printed)

    def test_what_is_our_own_failure_stays_inside(self):
        self.stores.psql.execute("ALTER TABLE reprise.operation RENAME TO operation_gone;")
        try:
            text = self.refused(500, "GET", "/admin/api/operations")
            self.assertNotIn("operation_gone", text)
            self.assertNotIn("relation", text)
            self.assertIn("relation", self.dashboard.text())
        finally:
            self.stores.psql.execute("ALTER TABLE reprise.operation_gone RENAME TO operation;")
        eventually(lambda: self.call("GET", "/admin/api/operations").status == 200, "it answers again")

    def test_without_postgresql_it_says_try_again_and_health_goes_on(self):
        self.stores.stop_postgres_at_once()
        reply = self.call("GET", "/admin/api/apps")
        self.assertEqual((503, "1"), (reply.status, reply.headers["Retry-After"]))
        self.assertNotIn("sock", reply.error)
        self.assertEqual(200, self.call("GET", "/health", token="").status)
        ready = self.call("GET", "/ready", token="")
        self.assertEqual((503, False, False), (ready.status, ready.json["ready"], ready.json["postgres"]))
        self.stores.start_again()
        self.stores.psql = self.stores.new_psql()
        self.assertEqual(200, self.call("GET", "/admin/api/apps").status)

    def test_a_connection_that_was_cut_while_it_was_idle_is_not_the_callers_trouble(self):
        for method, path, status in (("GET", "/admin/api/apps", 200), ("POST", "/admin/api/resync/all", 404)):
            self.stores.end_backends(self.stores.psql)
            self.assertEqual(status, self.call(method, path).status)


del DashboardTest

if __name__ == "__main__":
    main()
