"""The inbox has its turn, and so has all other maintenance: however many requests wait, cancel flags are carried over, the
schedule fires, and each worker takes its share."""
import json
import re
import shutil
import threading
import time

from harness import PREFIX, ProducerTest, eventually, main, programs
from reprise_testing.stores import ROOT

TOGETHER = 200  # requests that are pushed at once
FLOOD = 1000    # so many wait at least while the inbox is flooded
EVERY_S = 2
OFTEN = "id: often\nname: Often\nargs:\n  count: {type: integer, minimum: 1, default: 1}\n" \
        "phases: [{id: p, job: noop, over: numbers}]\nschedule: {every: %ds}\n" % EVERY_S


class Turns(ProducerTest):
    def setUp(self):
        super().setUp()
        folder = self.place / "definitions"
        folder.mkdir()
        shutil.copy(ROOT / "definitions" / "noop.yaml", folder)
        (folder / "often.yaml").write_text(OFTEN)
        self.env = {**self.env, "REPRISE_DEFINITIONS_DIR": str(folder), "REPRISE_SCHEDULE_ENABLED": "true"}
        self.ask("migrate")

    def start_worker(self, name):
        worker = programs.Worker(self.env, self.place / (name + ".log"))
        self.addCleanup(worker.end_at_once)
        return worker

    def waiting(self):
        return self.stores.redis("LLEN", PREFIX + ":inbox")

    def flood(self):
        """Keeps requests waiting, in a thread of its own, until it is told to stop; returns how to stop it and learn how many."""
        request, pushed, over = json.dumps({"definition": "noop", "args": {"count": 1}}), [0], threading.Event()
        redis = self.stores.new_redis()
        self.addCleanup(redis.close)

        def push():
            while not over.is_set():
                if redis("LLEN", PREFIX + ":inbox") < FLOOD:
                    redis("RPUSH", PREFIX + ":inbox", *[request] * TOGETHER)
                    pushed[0] += TOGETHER
                else:
                    over.wait(0.01)

        thread = threading.Thread(target=push)

        def stop():
            over.set()
            thread.join()
            return pushed[0]

        thread.start()
        self.addCleanup(stop)
        eventually(lambda: self.waiting() >= FLOOD, "the inbox is flooded")
        return stop

    @staticmethod
    def taken(worker):
        return len(re.findall("inbox: noop was asked for", worker.text()))

    def fired(self):
        return self.stores.psql.number("SELECT count(*) FROM reprise.schedule_tick WHERE operation_id IS NOT NULL")

    def state(self, operation):
        return self.stores.psql.value("SELECT state FROM reprise.tally WHERE operation_id = '%s'" % operation)

    def test_a_flood_of_requests_holds_up_nothing_else(self):
        operation = self.ask("run", "noop", "count=100000", "sleep_ms=50")["operation_id"]
        stop = self.flood()
        workers = [self.start_worker("one")]
        eventually(lambda: self.taken(workers[0]) > 0, "the inbox is worked off")
        began = time.monotonic()
        self.stores.redis("HSET", PREFIX + ":op:" + operation, "cancelled", "true")
        eventually(lambda: self.state(operation) == "cancelled", "the flag is carried over")
        print("cancelled after %.2f s, %d requests waiting" % (time.monotonic() - began, self.waiting()))
        before, began = self.fired(), time.monotonic()
        eventually(lambda: self.fired() >= before + 2, "the schedule fires")
        print("two ticks after %.2f s, %d requests waiting" % (time.monotonic() - began, self.waiting()))
        workers.append(self.start_worker("two"))
        eventually(lambda: self.taken(workers[1]) > 0, "the second worker takes its share")
        pushed = stop()
        eventually(lambda: self.waiting() == 0, "all is taken", 240)
        eventually(lambda: sum(map(self.taken, workers)) == pushed, "each is done once", 60)
        print("of %d requests the second worker took %d" % (pushed, self.taken(workers[1])))


if __name__ == "__main__":
    main()
