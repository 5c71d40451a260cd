"""GET /admin/api/retry/progress/<operation> by wrk, beside the bare SELECT by pgbench."""
import re
import shutil
import subprocess

from place import Place, Trouble, await_true
from postgres import statement
from report import Row

CONNECTIONS = 64
SECRET = "the secret of a benchmark, which is thrown away"
MS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


def start_dashboard(place):
    """Its port."""
    program = place.start("dashboard", "--dashboard-listen", "127.0.0.1:0", settings={"REPRISE_JWT_SECRET": SECRET})

    def port():
        if not program.is_running():
            raise Trouble("the dashboard ended at its start: " + program.last_words())
        found = re.search(r"listening on http://127\.0\.0\.1:(\d+)", program.last_words())
        return found and int(found.group(1))

    return await_true("the dashboard's port", port)


def token(place):
    done = subprocess.run([place.path_of("dashboard"), "token", "--subject", "bench", "--expires", "1h"],
                          env=dict(place.env, REPRISE_JWT_SECRET=SECRET), capture_output=True, text=True, check=True)
    return done.stdout.strip()


def wrk(place, port, operation, seconds):
    """Requests per second, and the p99 in ms."""
    if not shutil.which("wrk"):
        raise Trouble("wrk is not installed (scripts/setup.sh bench)")
    url = "http://127.0.0.1:%d/admin/api/retry/progress/%s" % (port, operation)
    done = subprocess.run(["wrk", "-t2", "-c%d" % CONNECTIONS, "-d%d" % seconds, "--latency", "-H",
                           "Authorization: Bearer " + token(place), url], capture_output=True, text=True)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    late = re.search(r"99%\s+([\d.]+)(us|ms|s)", done.stdout)
    if done.returncode != 0 or not rate or not late or "Non-2xx" in done.stdout:
        raise Trouble("wrk: " + (done.stdout + done.stderr).strip()[-300:])
    return float(rate.group(1)), float(late.group(1)) * MS[late.group(2)]


def bare_select(place, operation, seconds):
    """Statements per second of the same SELECT, prepared, on as many connections as the dashboard has for it."""
    text = statement("dashboard/progress")
    script = place.directory / "progress.sql"
    text = text.replace("HH24:MI:SS", "HH24-MI-SS")  # to pgbench these are variables
    script.write_text(text.replace("$1", "'%s'" % operation) + ";\n")
    command = ["pgbench", "-n", "-M", "prepared", "-c", "4", "-j", "2", "-T", str(seconds), "-f", script, "-h",
               place.directory / "stores", "-U", "reprise", "reprise"]
    done = subprocess.run(command, env=dict(place.env, PGOPTIONS="-c search_path=reprise"), capture_output=True,
                          text=True)
    match = re.search(r"tps = ([\d.]+)", done.stdout)
    if not match:
        raise Trouble("pgbench: " + done.stderr.strip()[-300:])
    return float(match.group(1))


def measure(bench):
    """Progress of an operation over HTTP: requests per second and p99 at 64 connections, beside the bare SELECT."""
    seconds = bench.size(10, 2)
    with Place(bench.programs) as place:
        operation = place.start_hand().operation("noop", count=1000)["operation_id"]
        limit = bare_select(place, operation, seconds)
        port = start_dashboard(place)
        wrk(place, port, operation, 1)
        rate, late = wrk(place, port, operation, seconds)
    yield Row("progress over HTTP", rate, "req/s", (">=", 10_000), limit, rate / limit,
              "wrk, %d connections, a token; limit: pgbench, 4 connections" % CONNECTIONS)
    yield Row("progress over HTTP, p99", late, "ms", ("<=", 20))
