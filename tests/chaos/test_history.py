"""The workflow history under fire: syncs and cost re-syncs of the same runs at once, while processes are killed and stopped,
Redis is wiped and files change. In the end every cost is what the files say, and the log has every change of it."""
import signal
import sys
import time
import unittest

from scenario import LONG, Scenario, eventually
from reprise_testing.stores import ROOT

sys.path.insert(0, str(ROOT / "scripts"))
import sample_runs  # noqa: E402

RUNS = 1500 if LONG else 400
TURNS = 60 if LONG else 12
STALL = "history.recost_decided:%d:ms=700,history.enrich_decided:%d:ms=700"


class History(Scenario):
    def setUp(self):
        super().setUp()
        self.agents = self.folder / self.id().rsplit(".", 1)[1]
        self.agents.mkdir()
        self.runs = {}
        for number in range(1, RUNS + 1):
            self._write(number)

    def _write(self, number, seed=1):
        adw_id, cost = sample_runs.make_run(str(self.agents), number, seed=seed)
        self.runs[number] = (adw_id, cost)

    def start_worker(self, **more):
        return super().start_worker(REPRISE_HISTORY_AGENTS_DIR=self.agents, **more)

    def test_whatever_happens_costs_and_log_agree(self):
        self.start_worker(processes=2)
        self.await_completed(self.ask("sync-history"))
        self.psql.execute("UPDATE workflow_history SET actual_cost_total = 20 WHERE id % 2 = 0")
        by_hand = self._costs() - self._logged()
        self.start_worker(REPRISE_FAULT=STALL % (2, 3))
        operations = []
        for turn in range(TURNS):
            operations.append(self.ask("resync-costs", batch_size=self.chance.randint(5, 60), force=turn % 3 == 0))
            operations.append(self.ask("sync-history"))
            self._misfortune(turn)
            self._change_files()
            time.sleep(self.chance.uniform(0.02, 0.4))  # the moment is chance's, nothing is awaited
        for worker in self.workers:
            for pid in worker.processes():
                worker.signal_process(pid, signal.SIGCONT)
        for operation in operations:
            self.await_completed(operation)
        # What changed under the last of them is read by one more of each.
        self.await_completed(self.ask("sync-history"))
        self.await_completed(self.ask("resync-costs", force=True))
        self.checker.check_at_rest()
        self._assert_costs(by_hand)

    def _misfortune(self, turn):
        worker = self.chance.choice(self.workers)
        pid = self.chance.choice(eventually(worker.processes, "a process runs", every_s=0.005))
        if turn % 4 == 3:
            self.redis("FLUSHALL")
        elif turn % 4 == 2:
            worker.signal_process(pid, signal.SIGSTOP)
            time.sleep(self.chance.uniform(0.1, 1.0))
            worker.signal_process(pid, signal.SIGCONT)
        else:
            worker.signal_process(pid, signal.SIGKILL)

    def _change_files(self):
        """Some runs go on: their last lines tell other costs."""
        for number in self.chance.sample(sorted(self.runs), 10):
            adw_id, _ = self.runs[number]
            place = self.agents / adw_id
            lines, cost = [], 0
            for stream in sorted(place.glob("*/raw_output.jsonl")):
                line = sample_runs.result_line(self.chance, 60)
                lines.append((stream, line))
                cost += line["total_cost_usd"]
            for stream, line in lines:
                sample_runs.write_stream(str(stream), line, 0)
            self.runs[number] = (adw_id, round(cost, 9))

    def _costs(self):
        return self._sum("SELECT sum(actual_cost_total) FROM workflow_history")

    def _logged(self):
        return self._sum("SELECT sum(coalesce(new_cost, 0) - coalesce(old_cost, 0)) FROM cost_audit_log")

    def _sum(self, sql):
        return int(float(self.psql.value("SELECT ((%s) * 1000000000)::bigint" % sql) or 0))

    def _assert_costs(self, by_hand):
        stored = {adw_id: cost for adw_id, cost in
                  self.psql.rows("SELECT adw_id, (actual_cost_total * 1000000000)::bigint FROM workflow_history")}
        wrong = {adw_id: (stored.get(adw_id), cost) for adw_id, cost in self.runs.values()
                 if int(stored.get(adw_id, -1)) != round(cost * 1e9) and not self._is_running(adw_id)}
        self.assertEqual({}, wrong)
        self.assertEqual(self._costs(), self._logged() + by_hand)
        self.assertEqual([], self.psql.rows(
            "SELECT l.adw_id, l.id FROM (SELECT id, adw_id, old_cost, lag(new_cost) OVER w AS before, lag(id) OVER w AS earlier"
            " FROM cost_audit_log WINDOW w AS (PARTITION BY adw_id ORDER BY id)) l"
            " WHERE earlier IS NOT NULL AND old_cost <> 20 AND old_cost IS DISTINCT FROM before"))

    def _is_running(self, adw_id):
        """Its cost never falls by a sync or a re-sync of those that have ended."""
        return self.psql.value("SELECT status FROM workflow_history WHERE adw_id = '%s'" % adw_id) == "running"


if __name__ == "__main__":
    unittest.main(verbosity=2)
