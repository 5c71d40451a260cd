"""The real runs, which lie beside this checkout, or not: then this is skipped."""
import shutil
import unittest

from harness import main
from history_runs import HistoryTest
from reprise_testing.stores import ROOT

REAL_RUNS = ROOT.parent / "shared" / "data" / "agents"


@unittest.skipUnless(REAL_RUNS.is_dir(), "the real runs (../shared/data/agents) are not here")
class RealRuns(HistoryTest):
    def test_they_cost_what_they_cost_and_a_wrong_cost_is_mended(self):
        self.start_worker()
        shutil.copytree(REAL_RUNS, self.agents, dirs_exist_ok=True)
        self.assertEqual((3, 3, 3, 0, 0, 0), self.counts(self.sync()))
        self.assertEqual([("3a9fd5b9", "2.6641085"), ("4b6b710e", "0.26153885"), ("5cd0bbdd", "0")],
                         self.sql("SELECT adw_id, trim_scale(actual_cost_total) FROM reprise.workflow_history ORDER BY 1"))
        self.set_cost("4b6b710e", "9.99")
        answer = self.ask("resync-costs", "--yes", "--watch")
        self.assertEqual((1, -9.72846115), (answer["changed"], answer["change"]))
        self.assert_audited()


if __name__ == "__main__":
    main()
