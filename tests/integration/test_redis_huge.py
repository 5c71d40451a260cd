"""Values of hundreds of megabytes, which any client that may write to Redis can put there: they are looked at inside Redis and
never fetched. The programs stay as small as they are, and all other work goes on.
"""
import http.client
import json
import pathlib
import socket

from api import SECRET, Dashboard, good_claims, jwt
from harness import PREFIX, ProducerTest, eventually, main, programs

HUGE = 128 << 20
ROOM = 64 << 20  # by so much a program may grow meanwhile, its sanitizers' own memory among it
ASK = json.dumps({"definition": "noop", "args": {"count": 1}})


def most_memory(pid):
    """The most that a process ever had in memory, in bytes."""
    for line in pathlib.Path("/proc/%d/status" % pid).read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) << 10
    raise AssertionError("no VmHWM")


class Huge(ProducerTest):
    def setUp(self):
        super().setUp()
        self.ask("migrate")
        self.ask("resync-definitions")

    def start_worker(self):
        self.worker = programs.Worker(self.env, self.place / "worker.log")
        self.addCleanup(self.worker.end_at_once)
        eventually(lambda: self.worker.processes() and self.stores.redis("ZCARD", PREFIX + ":workers") > 0, "it beats")
        self.processes = self.worker.processes()
        self.before = list(map(most_memory, self.processes))

    def assert_small(self):
        self.assertEqual(self.processes, self.worker.processes(), "none of them has ended")
        for pid, before in zip(self.processes, self.before):
            self.assertLess(most_memory(pid) - before, ROOM, "process %d" % pid)
        print("the worker grew by %.0f MB" % max((most_memory(pid) - before) / 1e6
                                                 for pid, before in zip(self.processes, self.before)))

    def make(self, command, key, *words):
        """A command whose last word is the huge text."""
        words = [command, PREFIX + ":" + key, *words]
        head = b"*%d\r\n" % (len(words) + 1) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word.encode()) for word in words)
        with socket.socket(socket.AF_UNIX) as redis:
            redis.connect(self.stores.redis_socket)
            redis.sendall(head + b"$%d\r\n" % HUGE)
            for _ in range(HUGE >> 20):
                redis.sendall(b"x" * (1 << 20))
            redis.sendall(b"\r\n")
            self.assertNotEqual(b"-", redis.recv(1))

    def state(self, operation):
        return self.stores.psql.value("SELECT state FROM reprise.tally WHERE operation_id = '%s'" % operation)

    def completed(self):
        return self.stores.psql.number("SELECT count(*) FROM reprise.tally WHERE state = 'completed'")

    def rejected(self):
        return [json.loads(item) for item in self.stores.redis("LRANGE", PREFIX + ":inbox:rejected", 0, -1)]

    def assert_work_goes_on(self):
        """A cancel flag is carried over, a request of the inbox and one of the command line are done."""
        operation = self.ask("run", "noop", "count=100000", "sleep_ms=50")["operation_id"]
        before = self.completed()
        self.stores.redis("HSET", PREFIX + ":op:" + operation, "cancelled", "true")
        self.stores.redis("RPUSH", PREFIX + ":inbox", ASK)
        eventually(lambda: self.state(operation) == "cancelled", "the flag is carried over")
        eventually(lambda: self.completed() > before, "the request is done")

    def test_a_request_is_refused_unseen(self):
        """It comes to a worker that waits for it, and to one that is busy with others."""
        self.start_worker()
        eventually(lambda: self.stores.redis("GET", PREFIX + ":inbox:door"), "the inbox was looked at and found empty")
        self.make("RPUSH", "inbox")
        eventually(lambda: len(self.rejected()) == 1, "it is refused")
        operation = self.ask("run", "noop", "count=100000", "sleep_ms=50")["operation_id"]
        self.stores.redis("RPUSH", PREFIX + ":inbox", ASK)
        self.make("RPUSH", "inbox")
        self.make("RPUSH", "inbox")
        self.stores.redis("HSET", PREFIX + ":op:" + operation, "cancelled", "true")
        self.stores.redis("RPUSH", PREFIX + ":inbox", ASK)
        eventually(lambda: self.state(operation) == "cancelled", "the flag is carried over")
        eventually(lambda: len(self.rejected()) == 3 and self.completed() > 0, "all requests are dealt with")
        for item in self.rejected():
            self.assertEqual(("usage", ""), (item["code"], item["request"]))
            self.assertRegex(item["reason"], r"more than 33554432 bytes.*inbox\.max_bytes")
        eventually(lambda: not self.stores.redis("KEYS", PREFIX + ":inbox:active:*"), "nothing of them is left")
        self.assertEqual(3, self.worker.text().count("an inbox request was refused"))
        self.assert_small()

    def test_one_that_a_dead_worker_had_claimed(self):
        self.make("RPUSH", "inbox:active:w_gone")
        self.start_worker()
        eventually(lambda: len(self.rejected()) == 1, "it goes back, and is refused", 120)
        self.assert_work_goes_on()
        self.assert_small()

    def test_whatever_else_is_made_huge(self):
        self.start_worker()
        running = self.ask("run", "noop", "count=100000", "sleep_ms=50")["operation_id"]
        for command, *words in (("RPUSH", "queue:delivery"), ("SET", "worker:w_forged"), ("HSET", "op:" + running, "out"),
                                ("HSET", "op:" + running, "cancelled"), ("PUBLISH", "events"), ("LPUSH", "inbox:rejected")):
            self.make(command, *words)
        self.stores.redis("ZADD", PREFIX + ":workers", 1, "w_forged")
        self.assert_work_goes_on()
        eventually(lambda: self.stores.redis("LLEN", PREFIX + ":queue:delivery") == 0, "what is no chunk is dropped")
        self.assert_small()

    def test_what_people_look_at(self):
        """The dashboard and `producer` show the rest."""
        self.env["REPRISE_JWT_SECRET"] = SECRET
        dashboard = Dashboard(self.env, self.place)
        self.addCleanup(dashboard.stop)
        for key in ("inbox", "inbox:rejected", "active:history:w_forged"):
            self.make("RPUSH", key)
        self.make("SET", "worker:w_forged")
        self.stores.redis("ZADD", PREFIX + ":workers", 1, "w_forged")
        before = most_memory(dashboard.pid)
        self.call(dashboard, "/admin/api/queue")
        self.call(dashboard, "/metrics")
        self.make("PUBLISH", "events")
        self.assertLess(most_memory(dashboard.pid) - before, ROOM)
        self.assertEqual(1, self.ask("queues")["inbox"]["waiting"])
        self.assertIn("w_forged", self.run_producer("doctor").out)

    def call(self, dashboard, path):
        connection = http.client.HTTPConnection("127.0.0.1", dashboard.port, timeout=60)
        connection.request("GET", path, headers={"Authorization": "Bearer " + jwt(good_claims())})
        self.assertEqual(200, connection.getresponse().status, path)
        connection.close()


if __name__ == "__main__":
    main()
