"""The benchmark's command line: see run.sh and README.md in this folder."""
import argparse
import os
import pathlib
import platform
import re
import signal
import subprocess
import sys
import traceback

import cancel
import dashboard_big
import definitions
import deliveries
import history
import history_queries
import latency
import noop
import planning
import progress_http
import recovery
import removal
import similarity
import singles
from place import ROOT, Trouble, path_of
from report import NOT_RUN, NotRun, Report

MEASURES = {
    "noop": noop.measure,
    "planning": planning.measure,
    "single-request": planning.measure_meanwhile,
    "planning-links": planning.measure_links,
    "failing-receiver": planning.measure_failing_receiver,
    "latency": latency.measure,
    "singles": singles.measure,
    "cancel": cancel.measure,
    "removal": removal.measure,
    "kill-process": recovery.measure_process,
    "kill-worker": recovery.measure_worker,
    "kill-delivery": recovery.measure_delivery,
    "one-link": deliveries.measure_one_link,
    "eight-links": deliveries.measure_eight_links,
    "rescan": deliveries.measure_rescan,
    "memory": deliveries.measure_memory,
    "progress-http": progress_http.measure,
    "history-sync": history.measure_sync,
    "history-recost": history.measure_recost,
    "history-resync-unchanged": history.measure_unchanged,
    "definitions": definitions.measure,
    "similarity": similarity.measure,
    "history-queries": history_queries.measure,
    "dashboard-big": dashboard_big.measure,
}


class Bench:
    def __init__(self, programs, quick):
        self.programs, self.quick = programs, quick

    def has(self, program):
        return path_of(self.programs, program).exists()

    def size(self, full, quick):
        return quick if self.quick else full


def first_line(*argv):
    try:
        return subprocess.run(argv, capture_output=True, text=True).stdout.splitlines()[0]
    except (OSError, IndexError):
        return "?"


def fsync_ms():
    """One write and fdatasync of a page, by PostgreSQL's own tool, in the directory where the stores will be."""
    tools = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/pg_test_fsync"))
    place = subprocess.run([ROOT / "scripts/place_for_servers.sh", "reprise-fsync"], capture_output=True, text=True)
    directory = pathlib.Path(place.stdout.strip())
    try:
        done = subprocess.run([tools[-1], "-s", "1", "-f", directory / "file"], capture_output=True, text=True)
        match = re.search(r"fdatasync\s+[\d.]+ ops/sec\s+(\d+) usecs", done.stdout)
        return "%.2f ms" % (int(match.group(1)) / 1000)
    except (IndexError, OSError, AttributeError):
        return "not measured: no pg_test_fsync"
    finally:
        subprocess.run(["rm", "-rf", directory])


def machine():
    processor = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return {"cores": os.cpu_count(), "processor": processor.group(1) if processor else platform.machine(),
            "load before": "%.2f" % os.getloadavg()[0],
            "PostgreSQL": (re.search(r"[\d.]+", first_line("psql", "--version")) or ["?"])[0],
            "Redis": (re.search(r"v=([\d.]+)", first_line("redis-server", "--version")) or ["", "?"])[1],
            "fsync": fsync_ms()}


def run(bench, report, name):
    try:
        for row in MEASURES[name](bench):
            report.add(row)
    except Trouble as trouble:
        report.add(NotRun(name, str(trouble)))
    except Exception as error:
        traceback.print_exc()
        report.add(NotRun(name, "%s: %s" % (type(error).__name__, error)))


def arguments():
    parser = argparse.ArgumentParser(prog="bench/run.sh")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=list(MEASURES), default=list(MEASURES))
    parser.add_argument("--programs", type=pathlib.Path)
    return parser.parse_args()


def main():
    options = arguments()
    if options.list:
        for name, measure in MEASURES.items():
            print("%-18s %s" % (name, " ".join(measure.__doc__.split("\n\n")[0].split())))
        return 0
    if not options.programs:
        sys.exit("bench: which programs? run.sh tells")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    report = Report(machine(), options.quick)
    for name in options.only:
        run(Bench(options.programs.resolve(), options.quick), report, name)
    print("\nwritten: %s" % report.write(ROOT / "bench/out"))
    return 1 if report.missed() or any(row.verdict == NOT_RUN for row in report.rows) else 0


if __name__ == "__main__":
    sys.exit(main())
