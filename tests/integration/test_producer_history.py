"""Looking at the workflow history as a person and as a program do."""
import re

from harness import DONE, NOT_FOUND, USAGE, ProducerTest, main


class History(ProducerTest):
    def setUp(self):
        super().setUp()
        self.expect(DONE, "migrate")
        self.stores.psql.execute(
            "INSERT INTO reprise.workflow_history (adw_id, nl_input, status, workflow_template, model_used, start_time,"
            " duration_seconds, actual_cost_total, total_tokens)"
            " SELECT 'run' || i, 'request ' || i || E'\\n\\033[31mred', CASE WHEN i % 4 = 0 THEN 'failed' ELSE 'completed' END,"
            " 'adw_sdlc', 'sonnet', now() - i * interval '1 hour', 90, i * 0.1, 200000 FROM generate_series(1, 9) i;"
            "INSERT INTO reprise.cost_audit_log (adw_id, old_cost, new_cost, new_status, reason, operation_id)"
            " VALUES ('run1', 0.09, 0.1, 'completed', 'resync', 'op_1');")

    def test_people_see_a_table_and_programs_a_document(self):
        answer = self.expect(DONE, "history", "--sort-by", "actual_cost_total", "--limit", 2)
        lines = answer.out.splitlines()
        self.assertEqual(["WORKFLOW", "STATUS", "COST", "TOKENS", "TOOK", "STARTED", "TEMPLATE", "MODEL", "REQUEST"],
                         lines[0].split())
        self.assertRegex(lines[1], r"^run9 +completed +\$0\.9000 +200,000 +1 m 30 s +9 h .*ago +adw_sdlc +sonnet +request 9…$")
        self.assertIn("2 of 9.", answer.err)
        document = self.ask("history", "--sort-by", "actual_cost_total", "--limit", 2)
        self.assertEqual((9, False, 2, 0), tuple(document[key] for key in ("total", "total_capped", "limit", "offset")))
        self.assertEqual([0.9, 0.8], [run["actual_cost_total"] for run in document["workflows"]])

    def test_pages_follow_the_cursor_that_is_printed(self):
        said = self.expect(DONE, "history", "--sort-by", "adw_id", "--limit", 5).err
        cursor = re.search(r"--cursor (\S+)", said).group(1)
        rest = self.ask("history", "--sort-by", "adw_id", "--limit", 5, "--cursor", cursor)
        self.assertEqual(["run4", "run3", "run2", "run1"], [run["adw_id"] for run in rest["workflows"]])
        self.assertIsNone(rest["next"])
        self.assertIn("--cursor", self.refused(USAGE, "history", "--cursor", cursor))

    def test_filters_narrow_and_mistakes_are_named(self):
        failed = self.ask("history", "--status", "failed,pending", "--sort-by", "adw_id")["workflows"]
        self.assertEqual(["run8", "run4"], [run["adw_id"] for run in failed])
        self.assertEqual(1, self.ask("history", "--search", "REQUEST 7")["total"])
        self.assertEqual(0, self.ask("history", "--model", "opus")["total"])
        for words, text in ((("--status", "done"), '--status: "done" is none of pending'),
                            (("--limit", "0"), '--limit: "0" is not a number from 1 to 1000'),
                            (("--from", "2026-02-30"), '--from: "2026-02-30" is no date'),
                            (("--search", "ab"), "--search: \"ab\" is too short"),
                            (("--sort-by", "cost"), '--sort-by: "cost" is none of created_at')):
            self.assertIn(text, self.refused(USAGE, "history", *words))

    def test_one_workflow_is_shown_whole(self):
        text = self.expect(DONE, "workflow", "run1").out
        for part in ("status             completed", "cost               $0.1000", "Changes of the cost", "$0.0900", "resync"):
            self.assertIn(part, text)
        self.assertNotIn("\033", text)
        document = self.ask("workflow", "run1")
        self.assertEqual(("run1", 0.1, [0.09]), (document["adw_id"], document["actual_cost_total"],
                                                [change["old_cost"] for change in document["audit_trail"]]))
        self.assertIn('there is no workflow "run77" in the history', self.refused(NOT_FOUND, "workflow", "run77"))

    def test_sums_are_shown_whole_and_by_day(self):
        text = self.expect(DONE, "analytics").out
        for part in ("workflows          9", "success            77.8 %", "mean cost          $0.5000", "9  adw_sdlc"):
            self.assertIn(part, text)
        self.assertEqual(4.5, self.ask("analytics")["total_cost"])
        trends = self.ask("trends", "--days", 3)["trends"]
        self.assertEqual((3, 9), (len(trends), sum(day["workflows"] for day in trends)))
        self.assertEqual(4, len(self.expect(DONE, "trends", "--days", 3).out.splitlines()))
        self.assertIn('--days: "40" is not a number from 1 to 31',
                      self.refused(USAGE, "trends", "--days", 40, "--group-by", "hour"))

    def test_stale_costs_are_the_cheapest_first(self):
        runs = self.ask("stale-costs", "--max-cost", "0.50")["workflows"]
        self.assertEqual(["run1", "run2", "run3"], [run["adw_id"] for run in runs])
        self.assertEqual(["run1"], [run["adw_id"] for run in self.ask("stale-costs", "--max-cost", "0.2")["workflows"]])
        self.assertIn("No cost looks stale", self.expect(DONE, "stale-costs", "--min-tokens", 200000).err)
        self.assertIn("--max-cost", self.refused(USAGE, "stale-costs", "--max-cost", "cheap"))

    def test_stale_costs_are_those_that_are_not_the_sum_of_their_parts(self):
        self.assertIn("the sum of its parts", self.expect(DONE, "stale-costs").err)
        self.stores.psql.execute("UPDATE reprise.workflow_history SET cost_breakdown = '{\"by_phase\": {\"plan\": 9}}',"
                                 " optimization_recommendations = '[\"All is well: nothing\"]' WHERE adw_id = 'run5';")
        self.assertEqual([("run5", 9, None)], [tuple(run[key] for key in ("adw_id", "cost_of_phases", "cost_of_models"))
                                               for run in self.ask("stale-costs")["workflows"]])
        self.assertIn("$9.00", self.expect(DONE, "stale-costs").out)
        self.assertNotIn("All is well", self.expect(DONE, "workflow", "run5").out)

    def test_an_empty_history_says_what_to_do(self):
        self.stores.psql.execute("TRUNCATE reprise.workflow_history CASCADE;")
        self.assertIn("producer sync-history", self.expect(DONE, "history").err)
        self.assertEqual(0, self.ask("analytics")["total_workflows"])


if __name__ == "__main__":
    main()
