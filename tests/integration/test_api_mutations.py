"""Requests that are nearly right, by the thousand, against the real program: it answers or refuses each, never fails, and
keeps nothing of them. In the long form (REPRISE_CHAOS=long) by the million; what a sanitizer says, LeakSanitizer at the end
too, fails it. REPRISE_MUTATOR_SEED repeats a run."""
import os
import pathlib
import re
import socket
import struct
import time
import urllib.parse

from api import CLOSED, DashboardTest, main, status_of
from harness import eventually
from http_mutator import Mutator

LONG = os.environ.get("REPRISE_CHAOS") == "long"
CONNECTIONS = 400000 if LONG else 1500
AFTER_WARMING_UP = 0.5  # of them: by then every buffer, cache and thread has the size it needs
GROWTH_MOST = 16 << 20
ROUNDS, REQUESTS = (3, 6000) if LONG else (1, 100)
SEED = int(os.environ.get("REPRISE_MUTATOR_SEED") or time.time())
# Memory that was freed is given back at once, so that the resident size tells of what is kept.
NO_QUARANTINE = ":quarantine_size_mb=0:thread_local_quarantine_size_kb=0:allocator_release_to_os_interval_ms=100:detect_leaks=1"


def resident(pid):
    return int(pathlib.Path("/proc/%d/statm" % pid).read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Mutations(DashboardTest):
    settings = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + NO_QUARANTINE, "REPRISE_DASHBOARD_TRUSTED_PROXIES": "127.0.0.1",
                "REPRISE_DASHBOARD_DEADLINE": "2s"}

    def sent(self, data, how):
        """All that comes back."""
        answer = b""
        with self.connect() as connection:
            try:
                connection.sendall(data)
                if how == "reset":
                    reset(connection)
                if how != "read":
                    return answer
                connection.shutdown(socket.SHUT_WR)
                connection.settimeout(60)
                for more in iter(lambda: connection.recv(65536), b""):
                    answer += more
                    if b"text/event-stream" in answer:
                        return answer
            except (ConnectionError, OSError) as error:
                if isinstance(error, TimeoutError):
                    raise
        return answer

    def heads(self, answer):
        return [int(status) for status in re.findall(rb"(?:^|\n|\}|>)HTTP/1\.[01] (\d\d\d) ", answer) if status != b"100"]

    def batter(self, mutator, count):
        for _ in range(count):
            data, requests, how = mutator.connection()
            answer = self.sent(data, how)
            statuses = self.heads(answer)
            self.assertNotIn(500, statuses, data[:3000])
            self.seen.update(statuses or CLOSED)

    def test_nothing_is_kept_of_requests_that_are_nearly_right(self):
        print("REPRISE_MUTATOR_SEED=%d" % SEED)
        login = self.login()
        self.seen = set()
        document = self.call("GET", "/openapi.json", token="").json
        mutator = Mutator(SEED, document, self.token, login.headers["Set-Cookie"].split(";")[0])
        warm = int(CONNECTIONS * AFTER_WARMING_UP)
        self.batter(mutator, warm)
        before = resident(self.dashboard.pid)
        self.batter(mutator, CONNECTIONS - warm)
        grown = resident(self.dashboard.pid) - before
        print("statuses %s; resident %d KiB, grown by %d KiB in %d connections"
              % (sorted(self.seen), before >> 10, grown >> 10, CONNECTIONS - warm))
        self.assertLess(grown, GROWTH_MOST)
        self.assertLessEqual({200, 400, 401, 404, 405}, self.seen, "the mutator reaches routes and refusals")
        self.assertEqual(200, self.call("GET", "/admin/api/session").status)


class Flood(DashboardTest):
    """What a review found: each of these kept some memory."""
    settings = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + NO_QUARANTINE}

    def flat(self, request, statuses, bytes_each):
        """In the short form LeakSanitizer judges alone: `bytes_each` is far below what was kept of each, and above what the
        allocator still spreads after some thousands."""
        for _ in range(ROUNDS):
            before = resident(self.dashboard.pid)
            for _ in range(REQUESTS):
                self.assertIn(status_of(self.raw(request)), statuses)
            grown = resident(self.dashboard.pid) - before
        self.assertTrue(not LONG or grown < REQUESTS * bytes_each, grown)

    def test_a_query_that_has_more_parameters_than_there_is_memory_for_is_forgotten(self):
        query = "&".join("p%d=" % number for number in range(1000))
        self.flat(b"GET /admin/api/apps?%s HTTP/1.1\r\nHost: x\r\n\r\n" % query.encode(), CLOSED, 1000)

    def test_an_empty_list_of_proxies_is_forgotten(self):
        self.flat(b"GET /health HTTP/1.1\r\nHost: x\r\nX-Forwarded-For:\r\n\r\n", (200,), 40)


del DashboardTest

if __name__ == "__main__":
    main()
