"""What the tests of jobs that a definition fills in share: a directory of definitions, a schema that they work on, the role by
which their SQL runs, workers, and what became of an operation."""
import json

from harness import ProducerTest, eventually, programs
from reprise_testing.stores import ROOT

EXAMPLE = ROOT / "examples" / "jobs"
ROLE = "reprise_jobs"


class OwnJobsTest(ProducerTest):
    def setUp(self):
        super().setUp()
        self.definitions = self.place / "definitions"
        self.definitions.mkdir()
        self.env = {**self.env, "REPRISE_DEFINITIONS_DIR": str(self.definitions), "REPRISE_JOBS_ROLE": ROLE,
                    "REPRISE_WORKER_EXECUTORS": "delivery=1,history=2"}
        self.ask("migrate")
        self.sql = self.stores.psql
        self.workers = []

    # ---- what there is to work on ------------------------------------------------------------------------------------

    def example_orders(self):
        self.sql.execute("DROP SCHEMA IF EXISTS shop CASCADE; DROP ROLE IF EXISTS %s" % ROLE)
        self.sql.execute((EXAMPLE / "orders.sql").read_text())

    def things(self, *items):
        self.sql.execute("DROP SCHEMA IF EXISTS shop CASCADE; DROP ROLE IF EXISTS %s; CREATE ROLE %s; CREATE SCHEMA shop;"
                         "CREATE TABLE shop.things (id bigint PRIMARY KEY, item jsonb, seen jsonb, changes integer DEFAULT 0);"
                         "CREATE TABLE shop.hidden (id bigint); GRANT USAGE ON SCHEMA shop TO %s;"
                         "GRANT SELECT, UPDATE ON shop.things TO %s" % ((ROLE,) * 4))
        for number, item in enumerate(items, 1):
            text = json.dumps(item).replace("'", "''")
            self.sql.execute("INSERT INTO shop.things VALUES (%d, '%s')" % (number, text))

    def define(self, text):
        (self.definitions / "own.yaml").write_text(text)
        return self.resync()

    def resync(self):
        """Bad files are a part of the answer, and of the exit code."""
        return self.run_producer("resync-definitions", "--json").json

    # ---- running -----------------------------------------------------------------------------------------------------

    def start_worker(self):
        worker = programs.Worker(self.env, self.place / ("worker-%d.log" % len(self.workers)))
        self.addCleanup(worker.end_at_once)
        self.workers.append(worker)
        return worker

    def run_own(self, *words):
        self.start_worker()
        return self.finish(self.ask("run", "own", *words, "--yes")["operation_id"])

    def state(self, operation):
        return self.sql.value("SELECT state FROM reprise.tally WHERE operation_id = '%s'" % operation)

    def counts(self, operation):
        row = self.sql.rows("SELECT state, total, succeeded, failed, skipped FROM reprise.tally"
                            " WHERE operation_id = '%s'" % operation)[0]
        return row[0], [int(number) for number in row[1:]]

    def finish(self, operation, timeout_s=240):
        eventually(lambda: self.state(operation) not in ("running", "paused"), "the operation ends", timeout_s)
        return operation

    def succeeded(self, operation):
        return self.counts(operation)[1][1]

    # ---- what is refused ---------------------------------------------------------------------------------------------

    def assert_refused(self, text, line, column, part):
        errors = self.define(text)["workflows"]["errors"]
        self.assertEqual(1, len(errors), text)
        self.assertIn(part, errors[0]["error"])
        self.assertEqual((line, column), (errors[0]["line"], errors[0]["column"]), errors[0]["error"])
