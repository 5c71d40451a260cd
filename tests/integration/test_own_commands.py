"""Jobs that a program of a definition's own handles: the examples as they are shipped, then programs that die, hang, babble,
lie, fork, and look at what they should not see."""
import json
import os
import random
import shutil
import signal
import time

from harness import eventually, main
from own_jobs import EXAMPLE, OwnJobsTest

HEAD = "id: own\nname: Own\nargs:\n  note: {type: string, default: ''}\nphases:\n  - id: p\n    job: command\n"
FRAME = """#!/usr/bin/env python3
import json, os, signal, sys, time
def say(**line):
    print(json.dumps(line), flush=True)
def done(job, **more):
    say(done={"seq": job["seq"], **more})
for line in sys.stdin:
    message = json.loads(line)
    job = message.get("job")
    if job:
        key = int(job["key"])
%s
"""


class OwnCommands(OwnJobsTest):
    def setUp(self):
        super().setUp()
        self.commands = self.place / "commands"
        self.commands.mkdir()
        self.env = {**self.env, "REPRISE_JOBS_COMMANDS": str(self.commands), "REPRISE_WORKER_EXECUTORS": "delivery=2,history=1"}

    # ---- what is run -------------------------------------------------------------------------------------------------

    def script(self, text, name="own"):
        path = self.commands / name
        path.write_text(text)
        path.chmod(0o755)

    def program(self, *lines):
        """A program that does `lines` for each job; `key` is its number."""
        self.script(FRAME % "\n".join("        " + line for line in lines))

    def own(self, to, *extra, command="[own]", retry="{attempts: 2, base: 10ms, max: 10ms}", **more):
        text = HEAD + "    items: {range: {from: 1, to: %d}}\n    command: %s\n" % (to, command)
        text += "".join("    %s\n" % line for line in extra) + "retry: %s\n" % retry
        text += "".join("%s: %s\n" % pair for pair in more.items())
        self.assertEqual([], self.define(text)["workflows"]["errors"])

    def outcomes(self):
        rows = self.sql.rows("SELECT key, outcome, coalesce(error, '') FROM reprise.job_outcome ORDER BY key::bigint")
        return {int(key): (outcome, error) for key, outcome, error in rows}

    def assert_all_succeeded(self, operation, count):
        self.assertEqual(("completed", [count, count, 0, 0]), self.counts(operation), self.outcomes())

    # ---- the examples ------------------------------------------------------------------------------------------------

    def examples(self, *names):
        self.example_orders()
        shutil.copytree(EXAMPLE / "commands", self.commands, dirs_exist_ok=True)
        for name in names:
            shutil.copy(EXAMPLE / name, self.definitions)
        self.resync()

    def test_the_example_in_python_while_workers_and_programs_die(self):
        self.examples("barcodes.yaml")
        self.sql.execute("DELETE FROM shop.orders WHERE id > 20000")
        for _ in range(2):
            self.start_worker()
        operation = self.ask("run", "barcodes", "--yes")["operation_id"]
        chance, kills = random.Random(11), 0
        while self.state(operation) == "running":
            worker = chance.choice(self.workers)
            pid = chance.choice(eventually(worker.processes, "a process runs", every_s=0.005))
            victims = [pid] if kills % 2 else children_of(pid)
            for victim in victims[:1]:
                try:
                    os.kill(victim, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            kills += 1
            time.sleep(chance.uniform(0.02, 0.4))  # the moment is chance's, nothing is awaited
        print("%d kills, %s" % (kills, self.counts(operation)))
        self.assertEqual("completed", self.state(operation))
        failed = self.counts(operation)[1][2]
        self.assertEqual(20000 - failed, self.sql.number("SELECT count(*) FROM shop.orders WHERE changes = 1"))
        self.assertEqual(0, self.sql.number("SELECT count(*) FROM shop.orders WHERE changes > 1"))
        self.assertEqual("4000000000068", self.sql.value("SELECT coalesce(max(barcode), '4000000000068') FROM shop.orders WHERE id = 6"))

    def test_the_example_for_node(self):
        self.examples("backfill-totals.yaml", "price-tags.yaml")
        self.sql.execute("DELETE FROM shop.orders WHERE id > 2500; UPDATE shop.orders SET total = quantity * price WHERE id <= 2000")
        self.start_worker()
        operation = self.finish(self.ask("run", "price-tags", "--yes")["operation_id"])
        self.assertEqual(("completed", [2500, 2000, 0, 500]), self.counts(operation))
        self.assertEqual("3,98\u00a0€", self.sql.value("SELECT tag FROM shop.orders WHERE id = 1"))

    def test_the_example_in_sh(self):
        self.examples("compress-logs.yaml")
        logs = self.place / "logs"
        logs.mkdir()
        for number in range(1, 39):
            (logs / ("part-%d.log" % number)).write_text("line\n" * 1000)
        (logs / "part-39.log.gz").write_bytes(b"")
        self.start_worker()
        operation = self.finish(self.ask("run", "compress-logs", "directory=%s" % logs, "--yes")["operation_id"])
        self.assertEqual(("completed", [40, 38, 1, 1]), self.counts(operation))
        self.assertEqual(("failed", "there is no file part-40.log"), self.outcomes()[40])
        self.assertEqual(39, len(list(logs.glob("*.gz"))))

    # ---- programs that die -------------------------------------------------------------------------------------------

    def test_the_job_that_kills_the_program_is_found_and_no_other_fails(self):
        self.program("if key == 37: os.kill(os.getpid(), signal.SIGSEGV)", "done(job)")
        self.own(100, chunk=100)
        operation = self.run_own()
        self.assertEqual(("completed", [100, 99, 1, 0]), self.counts(operation))
        self.assertIn("was ended by signal 11", self.outcomes()[37][1])

    def test_a_program_that_ends_now_and_then_is_started_again(self):
        self.program("if key % 10 == 0: sys.exit(3)", "done(job)") # it takes what it has with it
        self.own(100, "ahead: 4", chunk=100, retry="{attempts: 3, base: 10ms, max: 10ms}")
        operation = self.run_own()
        failed = {key for key, (outcome, _) in self.outcomes().items() if outcome == "failed"}
        self.assertEqual({10, 20, 30, 40, 50, 60, 70, 80, 90, 100}, failed)
        self.assertEqual(90, self.succeeded(operation))
        self.assertIn("exit code 3", self.outcomes()[10][1])

    def test_a_program_that_never_works_fails_all_soon_with_its_last_words(self):
        self.script("#!/bin/sh\necho 'no licence for this host' >&2\nexit 9\n")
        self.own(300, chunk=100, retry="{attempts: 1}")
        operation = self.run_own()
        self.assertEqual(("completed", [300, 0, 300, 0]), self.counts(operation))
        self.assertIn("exit code 9 before it had answered; its last words: no licence for this host", self.outcomes()[300][1])

    def test_a_program_that_ends_itself_after_some_jobs_costs_none_of_them(self):
        """It was idle when it ended, or had others in hand: no job is to blame, so that one try is enough for all."""
        self.program("done(job)", "count = globals().get('count', 0) + 1", "if count == 10: sys.exit(0)")
        self.own(300, "ahead: 3", chunk=10, retry="{attempts: 1}")
        self.assert_all_succeeded(self.run_own(), 300)

    def test_bad_neighbours_fail_and_what_stands_behind_them_does_not(self):
        self.program("if 21 <= key <= 30: sys.exit(4)", "done(job)")
        self.own(60, chunk=60, retry="{attempts: 1}")
        operation = self.run_own()
        failed = {key for key, (outcome, _) in self.outcomes().items() if outcome == "failed"}
        self.assertEqual(set(range(21, 31)), failed)
        self.assertEqual(50, self.succeeded(operation))

    def test_a_program_that_gathers_jobs_is_told_when_there_are_no_more(self):
        self.script("""#!/usr/bin/env python3
import json, sys
held = []
for line in sys.stdin:
    message = json.loads(line)
    if "job" in message: held.append(message["job"]["seq"])
    if len(held) == 16 or "flush" in message:
        for seq in held: print(json.dumps({"done": {"seq": seq, "result": {"together": len(held)}}}))
        sys.stdout.flush(); held = []
""")
        self.own(70, "ahead: 16", chunk=50, retry="{attempts: 1}")
        self.assert_all_succeeded(self.run_own(), 70)
        self.assertEqual(16, self.sql.number("SELECT max((result ->> 'together')::int) FROM reprise.job_outcome"))

    def test_retries_that_take_longer_than_the_timeout_run_once(self):
        calls = self.place / "calls"
        self.program("if job['attempt'] == 1: done(job, outcome='retry', error='again')",
                     "else: time.sleep(0.5); open(%r, 'a').write('%%d\\n' %% key); done(job)" % str(calls))
        self.own(30, "ahead: 1", chunk=30, timeout="3s")
        self.assert_all_succeeded(self.run_own(), 30)
        self.assertEqual(sorted(range(1, 31)), sorted(int(line) for line in calls.read_text().split()))

    def test_arguments_that_no_system_takes_fail_with_the_reason(self):
        self.program("done(job)")
        self.own(2, command="[own, '%s']" % ("{args.note}" * 40), retry="{attempts: 1}")
        operation = self.run_own("note=" + "x" * 4000)
        self.assertEqual(("completed", [2, 0, 2, 0]), self.counts(operation))
        self.assertIn("a system takes less than 131072", self.outcomes()[1][1])

    def test_a_program_that_is_silent_is_ended_and_its_oldest_job_fails(self):
        self.program("if key == 5: time.sleep(600)", "done(job)")
        self.own(20, chunk=20, timeout="10s", retry="{attempts: 1}")
        operation = self.run_own()
        self.assertEqual(("completed", [20, 19, 1, 0]), self.counts(operation))
        self.assertIn("said nothing for 10 s", self.outcomes()[5][1])

    def test_progress_keeps_a_slow_program_alive(self):
        self.program("for i in range(8):", "    time.sleep(0.5); say(progress={'seq': job['seq'], 'done': i, 'total': 8})",
                     "say(log={'seq': job['seq'], 'text': 'slow but done'})", "done(job)")
        self.own(1, timeout="3s", retry="{attempts: 1}")
        self.assert_all_succeeded(self.run_own(), 1)
        self.assertIn("slow but done", self.workers[0].text())

    # ---- programs that say odd things --------------------------------------------------------------------------------

    def test_a_flood_on_stderr_holds_nothing_up(self):
        self.program("sys.stderr.write('x' * 1000000 + '\\n')", "done(job)")
        self.own(50, chunk=50)
        self.assert_all_succeeded(self.run_own(), 50)

    def test_what_is_no_json_fails_the_oldest_job_and_says_what_stood_there(self):
        self.program("if key == 3: print('debug: three', flush=True)", "done(job)")
        self.own(10, chunk=10, retry="{attempts: 1}")
        operation = self.run_own()
        self.assertEqual(1, self.counts(operation)[1][2])
        failed = [error for outcome, error in self.outcomes().values() if outcome == "failed"]
        self.assertIn('said "debug: three" on stdout, which is no JSON', failed[0])

    def test_a_line_without_end_is_refused_in_bounded_memory(self):
        self.program("if key == 1:", "    for i in range(1000): sys.stdout.write('y' * 1000000)", "done(job)")
        self.own(3, chunk=3, retry="{attempts: 1}")
        operation = self.run_own()
        self.assertEqual(("completed", [3, 2, 1, 0]), self.counts(operation))
        self.assertIn("a line of more than 262144 bytes", self.outcomes()[1][1])

    def test_a_second_answer_and_one_for_another_job_count_for_nothing(self):
        self.program("say(done={'seq': 999999, 'outcome': 'failed'})", "done(job, result={'key': key})",
                     "done(job, outcome='failed', error='again')", "say(done={'outcome': 'failed'})")
        self.own(20, chunk=20)
        self.assert_all_succeeded(self.run_own(), 20)
        self.assertEqual(20, self.sql.number("SELECT count(*) FROM reprise.job_outcome WHERE result = jsonb_build_object('key', key::int)"))

    def test_outcomes_reasons_and_results_are_kept(self):
        self.program("if key == 1: done(job, outcome='skipped', error='not today')",
                     "elif key == 2: done(job, outcome='failed', error='never', final=True, result=[1, 2])",
                     "elif key == 3 and job['attempt'] == 1: done(job, outcome='retry', error='later', after_ms=50)",
                     "elif key == 4: done(job, result='z' * 70000)",
                     "elif key == 5: done(job, outcome='fine')",
                     "else: done(job, result={'attempt': job['attempt']})")
        self.own(6, chunk=6)
        operation = self.run_own()
        self.assertEqual(("completed", [6, 3, 2, 1]), self.counts(operation))
        outcomes = self.outcomes()
        self.assertEqual([("skipped", "not today"), ("failed", "never")], [outcomes[1], outcomes[2]])
        self.assertIn('the outcome "fine"; it may be succeeded, failed, skipped or retry', outcomes[5][1])
        results = dict(self.sql.rows("SELECT key, result::text FROM reprise.job_outcome WHERE result IS NOT NULL"))
        self.assertEqual({"value": [1, 2]}, json.loads(results["2"]))
        self.assertEqual({"attempt": 2}, json.loads(results["3"]))
        self.assertEqual({"cut": "the result was larger than 64 KiB"}, json.loads(results["4"]))

    def test_a_grandchild_that_keeps_the_pipes_open_ends_with_the_program(self):
        self.program("if key == 2 and job['attempt'] == 1:", "    if os.fork() == 0: time.sleep(600)", "    os._exit(1)", "done(job)")
        self.own(4, chunk=4, retry="{attempts: 3, base: 10ms, max: 10ms}")
        operation = self.run_own()
        self.assert_all_succeeded(operation, 4)
        self.workers[0].drain()
        self.assertEqual([], [pid for pid in os.listdir("/proc") if pid.isdigit() and str(self.commands) in command_line(pid)])

    # ---- effects -----------------------------------------------------------------------------------------------------

    def test_the_effect_is_for_what_succeeded_and_a_bad_result_fails_alone(self):
        self.things(*range(10))
        self.sql.execute("ALTER TABLE shop.things ADD n integer")
        self.program("if key == 3: done(job, outcome='failed', final=True)",
                     "elif key == 5: done(job, result={'n': key, 'more': 'z' * 70000})",
                     "else: done(job, result={'n': 'no number' if key == 7 else key * 2})")
        self.own(10, "effect: |", "  UPDATE shop.things t SET n = (job.result ->> 'n')::integer, changes = changes + 1",
                 "    FROM unnest(:keys, :results) AS job (key, result) WHERE t.id = job.key::bigint", chunk=10)
        operation = self.run_own()
        self.assertEqual(("completed", [10, 7, 3, 0]), self.counts(operation))
        self.assertIn("larger than 64 KiB", self.outcomes()[5][1])
        self.assertIn('invalid input syntax for type integer: "no number"', self.outcomes()[7][1])
        self.assertEqual(7, self.sql.number("SELECT count(*) FROM shop.things WHERE changes = 1 AND n = id * 2"))
        self.assertEqual(0, self.sql.number("SELECT count(*) FROM shop.things WHERE id IN (3, 5, 7) AND changes > 0"))

    # ---- cancel, pause, drain ----------------------------------------------------------------------------------------

    def test_a_cancel_reaches_the_program_and_nothing_more_commits(self):
        began, stopped = self.place / "began", self.place / "stopped"
        told = '    if "stop" in message:\n        open(%r, "w").write(message["stop"])\n    job = message' % str(stopped)
        self.script(FRAME.replace("    job = message", told) %
                    "        open(%r, 'w').close(); time.sleep(0.05); done(job)" % str(began))
        self.own(2000, "ahead: 2", chunk=2000)
        self.start_worker()
        operation = self.ask("run", "own", "--yes")["operation_id"]
        eventually(began.exists, "it has begun", every_s=0.01)
        self.ask("cancel", operation)
        eventually(lambda: stopped.exists() and stopped.read_text() == "cancelled", "the program is told")
        self.workers[0].drain()
        self.assertEqual(("cancelled", [2000, 0, 0, 0]), self.counts(operation))
        self.assertEqual(0, self.sql.number("SELECT count(*) FROM reprise.job_outcome"))

    def test_a_pause_lets_no_answer_be_lost_and_a_resume_does_the_rest(self):
        counts = self.place / "calls"
        self.program("open(%r, 'a').write('%%d\\n' %% key); time.sleep(0.01); done(job)" % str(counts))
        self.own(400, "ahead: 4", chunk=50)
        self.start_worker()
        operation = self.ask("run", "own", "--yes")["operation_id"]
        eventually(lambda: self.succeeded(operation) > 0, "it has begun", every_s=0.01)
        self.ask("pause", operation)
        self.ask("resume", operation)
        self.assert_all_succeeded(self.finish(operation), 400)
        self.assertEqual(set(range(1, 401)), {int(line) for line in counts.read_text().split()})

    # ---- what it may -------------------------------------------------------------------------------------------------

    def test_the_environment_holds_what_the_definition_says_and_no_secret(self):
        self.script("#!/usr/bin/env python3\nimport json, os, sys\nfor line in sys.stdin:\n    m = json.loads(line)\n"
                    "    if 'job' in m: print(json.dumps({'done': {'seq': m['job']['seq'], 'result': {'env': dict(os.environ),"
                    " 'argv': sys.argv[1:]}}}), flush=True)\n")
        self.env["SECRET_OF_THE_WORKER"] = "hidden"
        self.own(1, 'environment: {PLACE: "/srv/{args.note}"}', command='[own, "--note={args.note}", "; rm -rf /", $HOME]')
        operation = self.run_own("note=a b'\"c")
        self.assert_all_succeeded(operation, 1)
        seen = json.loads(self.sql.value("SELECT result::text FROM reprise.job_outcome"))
        self.assertEqual(["--note=a b'\"c", "; rm -rf /", "$HOME"], seen["argv"])
        self.assertEqual("/srv/a b'\"c", seen["env"]["PLACE"])
        self.assertEqual({"PATH", "LANG", "REPRISE_DEFINITION", "PLACE"}, set(seen["env"]) - {"LC_CTYPE", "PWD", "SHLVL", "_"})

    def test_its_processes_are_limited(self):
        self.program("data = bytearray(key * 100 * 1024 * 1024)", "done(job)")
        self.own(4, "process: {memory_mib: 250}", chunk=4, retry="{attempts: 1}")
        operation = self.run_own()
        outcomes = self.outcomes()
        self.assertEqual("succeeded", outcomes[1][0])
        self.assertIn("MemoryError", outcomes[4][1])
        self.assertEqual("completed", self.state(operation))

    def test_nothing_outside_the_directory_is_started(self):
        outside = self.place / "outside"
        outside.write_text("#!/bin/sh\ntouch %s\n" % (self.place / "started"))
        outside.chmod(0o755)
        (self.commands / "link").symlink_to(outside)
        (self.commands / "linked").symlink_to(self.place)
        for name, part in (("../outside", "no program below jobs.commands"), (str(outside), "no program below jobs.commands"),
                           ("a/../../outside", "no program below jobs.commands"), ("{args.note}", "no program below")):
            with self.subTest(name):
                errors = self.define(HEAD + "    items: {range: {from: 1, to: 1}}\n    command: [%s]\n" % json.dumps(name))
                self.assertIn(part, errors["workflows"]["errors"][0]["error"])
        self.start_worker()
        for name in ("link", "linked/outside"):
            with self.subTest(name):
                self.own(1, command="[%s]" % name)
                operation = self.ask("run", "own", "--yes")["operation_id"]
                eventually(lambda: "cannot be run: " in self.waiting_reason(operation), "the reason is told")
                self.ask("cancel", operation)
        self.assertFalse((self.place / "started").exists())

    def test_what_all_users_may_write_is_not_started(self):
        self.program("done(job)")
        self.own(1)
        self.start_worker()
        for path, part in ((self.commands / "own", "all users may write it"), (self.commands, "all users may write that directory")):
            with self.subTest(part):
                mode = path.stat().st_mode
                path.chmod(mode | 0o002)
                operation = self.ask("run", "own", "--yes")["operation_id"]
                eventually(lambda: part in self.waiting_reason(operation), "the reason is told")
                self.ask("cancel", operation)
                path.chmod(mode)

    def waiting_reason(self, operation):
        return self.sql.value("SELECT coalesce(max(last_error), '') FROM reprise.job WHERE operation_id = '%s'" % operation) or ""

    def test_a_worker_without_the_directory_puts_off_and_another_does_it(self):
        self.program("done(job)")
        self.own(3)
        commands = self.env.pop("REPRISE_JOBS_COMMANDS")
        first = self.start_worker()
        operation = self.ask("run", "own", "--yes")["operation_id"]
        eventually(lambda: "jobs.commands is not set" in self.waiting_reason(operation), "it is put off")
        first.drain()
        self.env["REPRISE_JOBS_COMMANDS"] = commands
        self.start_worker()
        self.sql.execute("UPDATE reprise.job SET run_at = now()")
        self.assert_all_succeeded(self.finish(operation), 3)

    def test_keys_that_do_not_go_together(self):
        items = "    items: {range: {from: 1, to: 1}}\n"
        cases = [(HEAD + items, 6, 5, 'lacks the key "command"'),
                 (HEAD + items + "    command: []\n", 9, 14, "must be a list of 1 to 64 words"),
                 (HEAD + items + "    command: [own, '{args.nte}']\n", 9, 20, 'no argument "nte"'),
                 (HEAD + items + "    command: [own, '{args.note']\n", 9, 20, "does not end"),
                 (HEAD + items + "    command: [own]\n    environment: {LD_PRELOAD: x}\n", 10, 19, "none of PATH, LANG, LD_"),
                 (HEAD + items + "    command: [own, 0644]\n", 9, 20, '"0644" would be read as a number'),
                 (HEAD + items + "    command: [own]\n    statement: DELETE FROM shop.things WHERE id::text = ANY (:keys)\n", 10, 16, 'only the job "sql" does'),
                 (HEAD + items + "    command: [own]\n    ahead: 0\n", 10, 12, "ahead"),
                 (HEAD + items + "    command: [own]\n    effect: SELECT 1\n", 10, 13, "does not name :keys")]
        for text, line, column, part in cases:
            with self.subTest(part):
                self.assert_refused(text, line, column, part)


def children_of(pid):
    try:
        return [int(word) for thread in os.listdir("/proc/%d/task" % pid)
                for word in open("/proc/%d/task/%s/children" % (pid, thread)).read().split()]
    except OSError:
        return []


def command_line(pid):
    try:
        return open("/proc/%s/cmdline" % pid).read()
    except OSError:
        return ""


if __name__ == "__main__":
    main()
