"""Connections are few and some addresses want all of them, with requests that do not end or answers that they do not read:
those of all others are answered."""
import socket

from api import DashboardTest, main, status_of, answer_of
from harness import eventually

DESCRIPTORS = 700
CONNECTIONS = DESCRIPTORS - 100 - 256  # as the program reckons
SLOW = b"POST /admin/api/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 4000\r\n\r\n{"
LARGE = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"


class Crowded(DashboardTest):
    settings = {"REPRISE_DASHBOARD_DEADLINE": "1h"}
    through = ("prlimit", "--nofile=%d:%d" % (DESCRIPTORS, DESCRIPTORS))

    def opened(self, address, data, buffer=None):
        connection = socket.socket()
        self.addCleanup(connection.close)
        if buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        connection.bind((address, 0))
        connection.settimeout(30)
        connection.connect(("127.0.0.1", self.dashboard.port))
        try:
            connection.sendall(data)
        except ConnectionError:
            pass  # it was shut already
        return connection

    def crowd(self, data, **more):
        """Six addresses with more connections than there are."""
        return [self.opened("127.0.1.%d" % (1 + number % 6), data, **more) for number in range(CONNECTIONS + 60)]

    def answers(self):
        with self.opened("127.0.0.9", b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n") as connection:
            return status_of(answer_of(connection))

    def test_bodies_that_do_not_come_keep_no_request_out(self):
        crowd = self.crowd(SLOW)
        self.assertEqual([200] * 5, [self.answers() for _ in range(5)])
        self.assertEqual(CONNECTIONS + 60, len(crowd))

    def test_answers_that_are_not_read_keep_no_request_out(self):
        crowd = self.crowd(LARGE * 40, buffer=4096)
        self.assertEqual([200] * 5, [self.answers() for _ in range(5)])
        self.assertEqual(CONNECTIONS + 60, len(crowd))

    def test_of_a_crowd_the_one_that_hurries_is_served(self):
        self.crowd(SLOW)
        first = self.opened("127.0.0.9", SLOW)
        eventually(lambda: self.answers() == 200, "others are")
        first.sendall(b" " * 3999)
        self.assertEqual(400, status_of(answer_of(first)))


del DashboardTest

if __name__ == "__main__":
    main()
