"""The workflow history: a first sync, a second one of files that have not changed, and the cost of every run re-synced."""
import json
import pathlib
import re
import shutil
import subprocess

import noop
from place import ROOT, Place, Trouble, path_of
from postgres import sql
from report import Row

CHUNK = 1000
CLIENTS = 2


def runs(bench):
    return bench.size(100_000, 2_000)


def make_runs(bench, place):
    """Two agents each, streams of 200 KB: a hole and a real end."""
    directory = place.directory / "agents"
    subprocess.run([ROOT / "scripts/sample_runs.py", directory, "--runs", str(runs(bench)), "--stream-bytes", "200000"],
                   check=True)
    return directory


def definitions_without_similarity(place):
    """Comparing the texts has a measure of its own."""
    directory = place.directory / "definitions"
    shutil.copytree(ROOT / "definitions", directory)
    file = directory / "sync-history.yaml"
    file.write_text(re.sub(r"  - id: similarity\n(    .*\n)+", "", file.read_text()))
    return directory


def run_to_the_end(place, *words):
    """Seconds from the first load to the end, by PostgreSQL's clock; the operation's id."""
    answer, _ = place.producer(*words)
    operation = answer["operation_id"]
    place.await_end(operation)
    return place.postgres.number(
        "SELECT extract(epoch FROM o.finished_at - t.loaded_at) FROM operation o JOIN tally t USING (operation_id)"
        " WHERE operation_id = '%s'" % operation), operation


def peak_mib(worker):
    peaks = [re.search(r"VmHWM:\s+(\d+)", pathlib.Path("/proc/%d/status" % pid).read_text()) for pid in worker.children()]
    return max(int(peak.group(1)) for peak in peaks) / 1024


def spoil(place):
    place.postgres.rows("UPDATE workflow_history SET actual_cost_total = 9.99")
    place.postgres.rows("VACUUM ANALYZE workflow_history")
    place.postgres.rows("CHECKPOINT")


def begin(bench, place):
    """A worker, and a first sync; returns the worker and the sync's seconds."""
    settings = {"REPRISE_HISTORY_AGENTS_DIR": str(make_runs(bench, place)),
                "REPRISE_DEFINITIONS_DIR": str(definitions_without_similarity(place))}
    place.env.update(settings)
    worker = place.start_worker()
    seconds, _ = run_to_the_end(place, "sync-history", "--silent")
    return worker, seconds


# ---- the limit ------------------------------------------------------------------------------------------------------


def reading_s(bench, place):
    """What the files alone take, with a reader on each core."""
    command = [path_of(bench.programs, "hand").parent / "bench_read_runs", "read", place.directory / "agents"]
    readers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(CLIENTS)]
    rates = [json.loads(reader.communicate()[0].splitlines()[-1])["read_per_s"] for reader in readers]
    return runs(bench) / sum(rates)


def settling_s(bench, place):
    """The rows alone: the statements of a settle and its effect, by pgbench, each client with runs of its own."""
    count = runs(bench)
    chunks = count // CHUNK // CLIENTS
    place.postgres.rows(sql("open_jobs", count=count))
    place.postgres.rows("CHECKPOINT")
    script = place.directory / "recost.sql"
    effect = (ROOT / "bench/sql/recost_chunk.sql").read_text()
    script.write_text(noop.settle_script(chunks, CHUNK).replace("COMMIT;", effect + "COMMIT;"))
    command = ["pgbench", "-n", "-M", "prepared", "-c", str(CLIENTS), "-j", str(CLIENTS), "-t", str(chunks), "-D", "step=0",
               "-f", script, "-h", place.directory / "stores", "-U", "reprise", "reprise"]
    done = subprocess.run(command, env=dict(place.env, PGOPTIONS=noop.SETTINGS), capture_output=True, text=True)
    match = re.search(r"tps = ([\d.]+)", done.stdout)
    if done.returncode != 0 or not match:
        raise Trouble("pgbench: " + done.stderr.strip()[-300:])
    return chunks * CLIENTS / float(match.group(1))


# ---- the measures -----------------------------------------------------------------------------------------------------


def measure_sync(bench):
    """A first sync without similarity, and a second one of unchanged files."""
    with Place(bench.programs) as place:
        worker, first_s = begin(bench, place)
        yield Row("first sync of %d runs" % runs(bench), first_s, "s", ("<=", 60), note="without similarity")
        second_s, _ = run_to_the_end(place, "sync-history", "--silent")
        yield Row("second sync, nothing changed", second_s, "s", ("<=", 10))
        yield Row("memory of a worker, syncs", peak_mib(worker), "MiB", ("<=", 256))


def measure_recost(bench):
    """Every cost is another one than its files say, and is mended by one operation."""
    count = runs(bench)
    with Place(bench.programs) as place:
        worker, _ = begin(bench, place)
        spoil(place)
        seconds, operation = run_to_the_end(place, "resync-costs", "--status", "pending,running,completed,failed", "--yes")
        once = place.postgres.number("SELECT count(DISTINCT key) FROM job_outcome WHERE operation_id = '%s'" % operation)
        rate, peak = count / seconds, peak_mib(worker)
        place.end(worker)
        limit = count / (reading_s(bench, place) + settling_s(bench, place))
        yield Row("cost re-sync", rate, "runs/s", (">=", 15_000), note="%d runs, each once: %d" % (count, once))
        yield Row("cost re-sync beside its parts", rate, "runs/s", ("ratio >=", 0.5), limit, rate / limit,
                  "limit: reading those files, then settling those rows, on both cores")
        yield Row("memory of a worker, re-sync", peak, "MiB", ("<=", 256))


def measure_unchanged(bench):
    """The same where every cost is right already: read, and not written."""
    count = runs(bench)
    with Place(bench.programs) as place:
        begin(bench, place)
        place.postgres.rows("VACUUM ANALYZE workflow_history")
        seconds, _ = run_to_the_end(place, "resync-costs", "--status", "pending,running,completed,failed", "--yes")
        yield Row("cost re-sync, nothing to mend", count / seconds, "runs/s", (">=", 15_000))
