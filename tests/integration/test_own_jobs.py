"""Jobs whose selection and statement a definition brings along: the example of docs/own-jobs.md as it is shipped, while
workers die; then what may be wrong with such a definition, and what items and arguments may hold."""
import json
import random
import signal
import time

from harness import CONFLICT, PREFIX, eventually, main
from own_jobs import EXAMPLE, ROLE, OwnJobsTest

ROWS = 100000
HEAD = "id: own\nname: Own\nargs:\n  note: {type: string, default: ''}\nphases:\n  - id: p\n    job: sql\n"
SELECTION = "    items:\n      sql: |\n        SELECT id::text AS key, item FROM shop.things\n" \
            "         WHERE id > coalesce(:after::bigint, 0) ORDER BY id LIMIT :limit\n"
STATEMENT = "    statement: |\n      UPDATE shop.things t SET seen = job.item, changes = changes + 1\n" \
            "        FROM unnest(:keys, :items) AS job (key, item) WHERE t.id = job.key::bigint\n"


class OwnJobs(OwnJobsTest):
    # ---- what there is to work on ------------------------------------------------------------------------------------

    def example(self, chunk=1000):
        self.example_orders()
        text = (EXAMPLE / "backfill-totals.yaml").read_text()
        self.assertIn("chunk: 1000\n", text)
        (self.definitions / "backfill-totals.yaml").write_text(text.replace("chunk: 1000\n", "chunk: %d\n" % chunk))
        self.resync()

    # ---- running -----------------------------------------------------------------------------------------------------

    def ask_by_inbox(self):
        """A worker plans it then, and others run it meanwhile."""
        self.stores.redis("RPUSH", PREFIX + ":inbox", '{"definition":"backfill-totals","args":{}}')
        return eventually(lambda: self.sql.value("SELECT operation_id FROM reprise.operation"), "it is accepted", every_s=0.01)

    def changed(self):
        return self.sql.number("SELECT count(*) FROM shop.orders WHERE total IS NOT NULL")

    def assert_each_once(self):
        self.assertEqual(0, self.sql.number("SELECT count(*) FROM shop.orders WHERE changes <> 1 OR total <> quantity * price"))

    def assert_counts_exact(self, operation):
        """In one snapshot: what is counted, what has an outcome, and what is changed, are the same number."""
        row = self.sql.rows(
            "SELECT t.succeeded, (SELECT count(*) FROM reprise.job_outcome o WHERE o.operation_id = t.operation_id),"
            " (SELECT count(*) FROM shop.orders WHERE changes > 0), (SELECT count(*) FROM shop.orders WHERE changes > 1)"
            " FROM reprise.tally t WHERE operation_id = '%s'" % operation)[0]
        self.assertEqual((row[0], row[0], "0"), (row[1], row[2], row[3]))

    # ---- exactly once ------------------------------------------------------------------------------------------------

    def test_a_backfill_changes_each_row_once_while_workers_die(self):
        self.example(chunk=100)
        for _ in range(2):
            self.start_worker()
        operation = self.ask_by_inbox()
        chance, kills = random.Random(7), 0
        while self.state(operation) in ("running", "paused"):
            worker = chance.choice(self.workers)
            pid = chance.choice(eventually(worker.processes, "a process runs", every_s=0.005))
            worker.signal_process(pid, signal.SIGKILL)
            kills += 1
            self.assert_counts_exact(operation)
            if kills == 5:
                self.ask("pause", operation)
                self.assert_counts_exact(operation)
                self.ask("resume", operation)
            time.sleep(chance.uniform(0.02, 0.3))  # the moment is chance's, nothing is awaited
        print("%d kills, %s" % (kills, self.counts(operation)))
        self.assertGreater(kills, 5)
        self.assertEqual(("completed", [ROWS, ROWS, 0, 0]), self.counts(operation))
        self.assert_each_once()
        self.assertEqual([], [one for one in self.run_producer("doctor", "--deep", "--json").json["findings"]
                              if one["severity"] == "violation"])

    def test_after_a_cancel_nothing_changes_and_a_new_run_does_the_rest(self):
        self.example()
        self.start_worker()
        operation = self.ask_by_inbox()
        eventually(lambda: self.succeeded(operation) > 0, "it has begun", every_s=0.005)
        self.ask("cancel", operation)
        changed = self.changed()
        self.assertEqual(changed, self.succeeded(operation))
        self.assertLess(changed, ROWS, "it was over before the cancel")
        second = self.ask("run", "backfill-totals", "--yes")["operation_id"]
        self.finish(second)
        self.assertEqual(("completed", [ROWS - changed, ROWS - changed, 0, 0]), self.counts(second))
        self.assertEqual(changed, self.succeeded(operation))
        self.assert_each_once()

    def test_the_preview_counts_what_the_selection_gives(self):
        self.example()
        self.assertEqual(ROWS, self.ask("run", "backfill-totals", "--dry-run")["jobs"])
        self.assertEqual(99, self.ask("run", "backfill-totals", "below=100", "--dry-run")["jobs"])
        self.assertEqual(0, self.changed())

    # ---- values ------------------------------------------------------------------------------------------------------

    def test_values_are_parameters_whatever_they_hold(self):
        items = ["'); DROP TABLE shop.things; --", "$1 $$ :keys \\' \" %s", "é\u2028\n\t", {"a": ["b'", None, 1e300]},
                 "x" * 10000000]
        note = "'; UPDATE shop.things SET seen = NULL; -- :keys $1 \\"
        self.things(*items)
        self.define(HEAD + SELECTION + STATEMENT.replace("job.item", "jsonb_build_array(job.item, :args->>'note')"))
        operation = self.run_own("note=" + note)
        self.assertEqual(("completed", [5, 5, 0, 0]), self.counts(operation))
        self.assertEqual(5, self.sql.number("SELECT count(*) FROM shop.things WHERE changes = 1 AND seen -> 0 = item"
                                            " AND seen ->> 1 = '%s'" % note.replace("'", "''")))

    def test_an_argument_with_nul_is_refused(self):
        self.things(1)
        self.define(HEAD + SELECTION + STATEMENT)
        self.stores.redis("RPUSH", PREFIX + ":inbox", '{"definition":"own","args":{"note":"a\\u0000b"}}')
        self.start_worker()
        eventually(lambda: self.stores.redis("LLEN", PREFIX + ":inbox:rejected"), "it is refused")
        self.assertEqual(0, self.sql.number("SELECT count(*) FROM shop.things WHERE changes > 0"))

    # ---- what a statement does ---------------------------------------------------------------------------------------

    def test_one_bad_row_fails_alone_and_says_why(self):
        self.things(*["1"] * 700, "no number", *["2"] * 300)
        self.sql.execute("ALTER TABLE shop.things ADD n integer")
        self.define(HEAD + SELECTION + STATEMENT.replace("seen = job.item", "n = (job.item #>> '{}')::integer"))
        operation = self.run_own()
        self.assertEqual(("completed", [1001, 1000, 1, 0]), self.counts(operation))
        failed = self.sql.rows("SELECT key, error FROM reprise.job_outcome WHERE outcome = 'failed'")
        self.assertEqual("701", failed[0][0])
        self.assertIn('invalid input syntax for type integer: "no number"', failed[0][1])
        self.assertIn("22P02", failed[0][1])
        self.assertEqual(1000, self.sql.number("SELECT count(*) FROM shop.things WHERE changes = 1"))

    def test_what_is_returned_is_the_result(self):
        self.things("a", "b", "c", "d")
        self.define(HEAD + SELECTION + STATEMENT + "         AND t.id <> 4\n      RETURNING job.key, to_jsonb(t.id * 10) AS result,"
                    "\n        CASE t.id WHEN 2 THEN 'skipped' WHEN 3 THEN 'failed' END AS outcome, 'so ' || t.id AS note\n")
        operation = self.run_own()
        self.assertEqual(("completed", [4, 1, 1, 2]), self.counts(operation))
        value = '{"value": %d}'
        rows = self.sql.rows("SELECT key, outcome, coalesce(error, ''), coalesce(result::text, '') FROM reprise.job_outcome"
                             " ORDER BY key")
        self.assertEqual([("1", "succeeded", "", value % 10), ("2", "skipped", "so 2", value % 20),
                          ("3", "failed", "so 3", value % 30), ("4", "skipped", "the statement did not return this key", "")], [tuple(row) for row in rows])

    def test_a_statement_that_takes_too_long_fails_its_row(self):
        self.things("a", "slow", "c")
        self.env["REPRISE_JOBS_STATEMENT_TIMEOUT"] = "500ms"
        self.define(HEAD + SELECTION + STATEMENT +
                    "         AND (job.item <> '\"slow\"'::jsonb OR pg_sleep(60) IS NOT NULL)\n")
        operation = self.run_own()
        self.assertEqual(("completed", [3, 2, 1, 0]), self.counts(operation))
        self.assertIn("statement timeout", self.sql.value("SELECT error FROM reprise.job_outcome WHERE outcome = 'failed'"))

    def test_a_range_is_numbers(self):
        self.things(*range(12))
        self.define(HEAD + "    items: {range: {from: 3, to: 12}}\n" +
                    STATEMENT.replace("seen = job.item", "seen = to_jsonb(job.key)"))
        self.assertEqual(10, self.ask("run", "own", "--dry-run")["jobs"])
        operation = self.run_own()
        self.assertEqual(("completed", [10, 10, 0, 0]), self.counts(operation))
        self.assertEqual("3 4 5 6 7 8 9 10 11 12",
                         self.sql.value("SELECT string_agg(seen #>> '{}', ' ' ORDER BY id) FROM shop.things WHERE changes = 1"))

    def test_a_key_that_comes_twice_ends_the_plan_with_that_reason(self):
        self.things("a", "b")
        self.define(HEAD + SELECTION.replace("id::text AS key", "'same' AS key") + STATEMENT)
        operation = self.run_own()
        self.assertEqual("failed", self.state(operation))
        self.assertIn("a key twice", self.sql.value("SELECT error FROM reprise.operation WHERE operation_id = '%s'" % operation))

    # ---- what is refused ---------------------------------------------------------------------------------------------

    def test_each_mistake_has_its_line_and_column(self):
        self.things("a")
        good = HEAD + SELECTION + STATEMENT
        self.assertEqual([], self.define(good)["workflows"]["errors"])
        cases = [
            (("seen = job", "sen = job"), 13, 32, 'column "sen" of relation "things" does not exist'),
            (("shop.things t", "shop.thing t"), 13, 14, 'relation "shop.thing" does not exist'),
            (("FROM shop.things\n", "FROM things\n"), 10, 43, 'relation "things" does not exist'),
            (("FROM shop.things\n", "FROM shop.hidden\n"), 10, 33, "does not exist"),
            (("id::text AS key, item FROM shop.things", "id::text AS key FROM shop.hidden"), 10, 9,
             "permission denied for table hidden"),
            (("id::text AS key", "id AS key"), 10, 9, 'the column "key" must be text'),
            (("id::text AS key", "id::text AS k"), 10, 9, 'gives a column "key"'),
            (("AS key, item", "AS key, 7 AS item"), 10, 9, 'the column "item" must be jsonb'),
            ((" ORDER BY id", ""), 10, 9, "needs ORDER BY"),
            (("LIMIT :limit", "LIMIT 5"), 10, 9, "LIMIT :limit"),
            (("coalesce(:after", "coalesce(:aftr"), 11, 30, "there is no parameter :aftr here; there are :args, :after, :limit"),
            (("seen = job.item", "seen = 'x"), 13, 39, "a text begins here and does not end"),
            (("job.key::bigint\n", "job.key::bigint; DELETE FROM shop.things\n"), 14, 85, "a second statement begins here"),
            (("UPDATE shop.things t SET", "DROP TABLE shop.things --"), 13, 7, "not with DROP"),
            (("unnest(:keys, :items)", "(VALUES ('1', '2'::jsonb))"), 13, 7, "does not name :keys"),
            (("job.key::bigint\n", "job.key\n"), 14, 66, "operator does not exist: bigint = text"),
        ]
        for (old, new), line, column, part in cases:
            with self.subTest(new):
                self.assertIn(old, good)
                self.assert_refused(good.replace(old, new, 1), line, column, part)
        self.assertEqual(1, self.ask("run", "own", "--dry-run")["jobs"], "the last good version is in force")

    def test_keys_of_a_phase_that_do_not_go_together(self):
        self.things("a")
        self.assert_refused(HEAD + STATEMENT, 6, 5, 'lacks the key "items"')
        self.assert_refused(HEAD + SELECTION, 6, 5, 'lacks the key "statement"')
        self.assert_refused(HEAD + "    over: numbers\n", 8, 11, '"items" instead of "over"')
        self.assert_refused((HEAD + SELECTION).replace("job: sql", "job: noop\n    over: numbers"), 10, 7,
                            'only the jobs "sql" and "command" do')
        self.assert_refused(HEAD + "    items: {range: {from: 2, to: 1}}\n" + STATEMENT, 8, 20, "from (2) is above to (1)")

    def test_the_role(self):
        self.things("a")
        good = HEAD + SELECTION + STATEMENT
        self.env["REPRISE_JOBS_ROLE"] = ""
        self.assert_refused(good, 10, 9, "jobs.role is not set")
        self.env["REPRISE_JOBS_ROLE"] = "nobody_there"
        self.assert_refused(good, 10, 9, 'there is no role "nobody_there"')
        self.env["REPRISE_JOBS_ROLE"] = "reprise"
        self.assert_refused(good, 10, 9, "may change the tables of Reprise itself")
        self.env["REPRISE_JOBS_ROLE"] = ROLE
        self.assertEqual([], self.define(good)["workflows"]["errors"])
        self.sql.execute("REVOKE UPDATE ON shop.things FROM %s" % ROLE)
        operation = self.run_own()
        self.assertEqual(("completed", [1, 0, 1, 0]), self.counts(operation))
        self.assertIn("permission denied for table things",
                      self.sql.value("SELECT error FROM reprise.job_outcome WHERE outcome = 'failed'"))
        self.sql.execute("REVOKE SELECT ON shop.things FROM %s" % ROLE)
        self.assertIn("permission denied for table things", self.refused(CONFLICT, "run", "own", "--dry-run"))

    def test_a_selection_writes_nothing(self):
        self.things("a")
        self.sql.execute("CREATE FUNCTION shop.sly() RETURNS bigint LANGUAGE sql AS"
                         " 'UPDATE shop.things SET changes = 9 RETURNING 0::bigint'")
        self.define(HEAD + SELECTION.replace("coalesce(:after::bigint, 0)", "coalesce(:after::bigint, shop.sly())") + STATEMENT)
        self.assertIn("read-only transaction", self.refused(CONFLICT, "run", "own", "--dry-run"))
        self.assertEqual(0, self.sql.number("SELECT max(changes) FROM shop.things"))


if __name__ == "__main__":
    main()
