"""No-op jobs per second, beside the bare settle statements driven by pgbench."""
import re
import subprocess

from place import Place, Trouble
from postgres import sql, statement
from report import Row

CHUNK = 1000
CLIENTS = (1, 2, 4)
SETTINGS = "-c search_path=reprise -c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off"


def jobs(bench):
    return bench.size(1_000_000, 50_000)


def worker_rate(bench):
    """An operation is planned while no worker runs; then one starts with default settings. The clock is PostgreSQL's:
    from the first load to the end of the operation."""
    count = jobs(bench)
    with Place(bench.programs) as place:
        operation = place.start_hand().operation("noop", count=count)["operation_id"]
        place.postgres.rows("CHECKPOINT")
        place.start_worker()
        place.await_end(operation)
        seconds = place.postgres.number(
            "SELECT extract(epoch FROM o.finished_at - t.loaded_at) FROM operation o JOIN tally t USING (operation_id)"
            " WHERE operation_id = '%s'" % operation)
    return count / seconds


# ---- pgbench --------------------------------------------------------------------------------------------------------


def _statement(name, values):
    """A statement of sql/queue/ with its parameters replaced by what pgbench can compute."""
    text = statement("queue/" + name)
    return re.sub(r"\$(\d+)", lambda match: values[int(match.group(1)) - 1], text) + ";\n"


def _numbers(expression, chunk):
    return "(SELECT array_agg(%s) FROM generate_series(:first::bigint, %s) i)" % (expression, _last(chunk))


def _last(chunk):
    return ":first::bigint + %d" % (chunk - 1)


def settle_script(chunks_of_client, chunk=CHUNK):
    """The transaction of a settle, statement by statement as settle.c sends it, for one chunk after the other. Each
    client has a range of its own."""
    def same(value):
        return "array_fill(%s, ARRAY[%d])" % (value, chunk)

    zeros, nulls = same("0"), same("null::text")
    outcomes = ["'op_pgbench'", "'pgbench'", "'0.001'", _numbers("i", chunk), zeros, same("'noop'::text"),
                _numbers("i::text", chunk), same("'succeeded'::text"), zeros, nulls, nulls]
    return ("\\set step :step + 1\n"
            "\\set first (:client_id * %d + :step - 1) * %d + 1\n"
            "BEGIN;\n" % (chunks_of_client, chunk) +
            _statement("settle_fence", ["'op_pgbench'", ":first::bigint", _last(chunk), zeros]) +
            _statement("settle_outcomes", outcomes) +
            _statement("settle_tally", ["'op_pgbench'", "'noop'", str(chunk), "0", "0"]) + "COMMIT;\n")


def pgbench_rate(bench, clients):
    """Jobs per second of `clients` clients, each settling its own chunks by prepared statements."""
    chunks = bench.size(1000, 60) // clients
    with Place(bench.programs) as place:
        place.postgres.rows(sql("open_jobs", count=chunks * clients * CHUNK))
        place.postgres.rows("CHECKPOINT")
        script = place.directory / "settle.sql"
        script.write_text(settle_script(chunks))
        command = ["pgbench", "-n", "-M", "prepared", "-c", str(clients), "-j", str(min(clients, 2)), "-t", str(chunks),
                   "-D", "step=0", "-f", script, "-h", place.directory / "stores", "-U", "reprise", "reprise"]
        done = subprocess.run(command, env=dict(place.env, PGOPTIONS=SETTINGS), capture_output=True, text=True)
        left = place.postgres.number("SELECT count(*) FROM job")
        match = re.search(r"tps = ([\d.]+)", done.stdout)
    if done.returncode != 0 or not match or left > 0:
        raise Trouble("pgbench left %d jobs: %s" % (left, done.stderr.strip()[-300:]))
    return float(match.group(1)) * CHUNK


def measure(bench):
    """No-op jobs per second from opening to the last settled, and the same settle statements by pgbench."""
    limits = {clients: pgbench_rate(bench, clients) for clients in CLIENTS}
    for clients, rate in limits.items():
        yield Row("settle by pgbench, %d client%s" % (clients, "" if clients == 1 else "s"), rate, "jobs/s")
    rate, best = worker_rate(bench), max(limits.values())
    yield Row("no-op jobs", rate, "jobs/s", (">=", 100_000), note="first load to the end, %d jobs" % jobs(bench))
    yield Row("no-op jobs beside pgbench", rate, "jobs/s", ("ratio >=", 0.5), best, rate / best,
              "limit: the best of the clients")
