"""For tests of the workflow history: an agents directory that a test writes runs into, workers, and the audit."""
import decimal
import itertools
import json

from harness import DONE, PREFIX, ProducerTest, eventually, programs

_names = itertools.count(1)

MODEL = "claude-sonnet-4-5-20250929"
OLD_S = 1_700_000_000  # of files: so old that no clock's grain is in doubt


def result_line(cost):
    return json.dumps({"type": "result", "subtype": "success", "is_error": False, "duration_ms": 60000, "num_turns": 3,
                       "result": "done", "total_cost_usd": float(cost),
                       "usage": {"input_tokens": 10, "cache_creation_input_tokens": 20, "cache_read_input_tokens": 30,
                                 "output_tokens": 40},
                       "modelUsage": {MODEL: {"inputTokens": 10, "outputTokens": int(decimal.Decimal(str(cost)) * 100000),
                                              "cacheReadInputTokens": 30, "cacheCreationInputTokens": 20,
                                              "costUSD": float(cost)}}})


class HistoryTest(ProducerTest):
    def setUp(self):
        super().setUp()
        self.agents = self.place / "agents"
        self.agents.mkdir()
        self.env["REPRISE_HISTORY_AGENTS_DIR"] = str(self.agents)
        self.expect(DONE, "migrate")
        self.workers = []
        self.addCleanup(lambda: [worker.end_at_once() for worker in self.workers])

    def start_worker(self, **settings):
        worker = programs.Worker({**self.env, **settings}, self.place / ("worker-%d.log" % next(_names)))
        self.workers.append(worker)
        eventually(lambda: self.stores.redis("KEYS", PREFIX + ":worker:*"), "a worker is alive")
        return worker

    def end_workers(self):
        for worker in self.workers:
            worker.end_at_once()
        self.workers.clear()

    # ---- files ------------------------------------------------------------------------------------------------------------

    def write_run(self, adw_id, cost, status="completed", **state):
        """The files of a run with one agent; `cost` None: the agent is still running."""
        place = self.agents / adw_id / "builder"
        place.mkdir(parents=True, exist_ok=True)
        lines = [json.dumps({"type": "system", "subtype": "init", "model": MODEL})]
        if cost is not None:
            lines.append(result_line(cost))
        (place / "raw_output.jsonl").write_text("\n".join(lines) + "\n")
        content = {"adw_id": adw_id, "status": status, "nl_input": "Run the tests of the backend", **state}
        (self.agents / adw_id / "adw_state.json").write_text(json.dumps(content))

    # ---- what is stored -----------------------------------------------------------------------------------------------------

    def sql(self, text):
        return self.stores.psql.rows(text)

    def row(self, adw_id, columns="status, trim_scale(actual_cost_total)"):
        rows = self.sql("SELECT %s FROM reprise.workflow_history WHERE adw_id = '%s'" % (columns, adw_id))
        return rows[0] if rows else None

    def cost(self, adw_id):
        return self.row(adw_id, "coalesce(trim_scale(actual_cost_total)::text, 'none')")[0]

    def set_cost(self, adw_id, cost):
        """By hand, as it should not be done: the audit does not know of it."""
        self.sql("UPDATE reprise.workflow_history SET actual_cost_total = %s WHERE adw_id = '%s'" % (cost, adw_id))
        self.by_hand += self.costs() - self.audited() - self.by_hand

    by_hand = decimal.Decimal(0)

    def costs(self):
        return decimal.Decimal(self.stores.psql.value("SELECT coalesce(sum(actual_cost_total), 0) FROM reprise.workflow_history"))

    def audited(self):
        return decimal.Decimal(self.stores.psql.value(
            "SELECT coalesce(sum(coalesce(new_cost, 0) - coalesce(old_cost, 0)), 0) FROM reprise.cost_audit_log"))

    def assert_audited(self):
        """The changes in the log are the changes of the costs."""
        self.assertEqual(self.costs(), self.audited() + self.by_hand)

    def history(self):
        """All that is derived from files, for comparing."""
        return self.sql("SELECT adw_id, status, actual_cost_total, total_tokens, cost_breakdown, token_breakdown, source_digest"
                        " FROM reprise.workflow_history ORDER BY adw_id")

    def sync(self, code=DONE):
        return self.expect(code, "sync-history", "--json", "--silent").json

    def counts(self, answer):
        return tuple(answer[name] for name in ("scanned", "enriched", "inserted", "updated", "unchanged", "failed"))
