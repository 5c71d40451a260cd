"""The five most similar runs of each run, on two threads and without servers; beside it Python's difflib."""
import difflib
import json
import math
import random
import subprocess
import time

from place import Trouble, path_of
from report import Row

THREADS = 2
PYTHON_PAIRS = 300
SEED = 20260108
MIB = 1024 * 1024


def run(bench, *words):
    program = path_of(bench.programs, "similarity")
    if not program.exists():
        raise Trouble("there is no %s" % program)
    done = subprocess.run([str(word) for word in (program, *words)], capture_output=True, text=True)
    if done.returncode:
        raise Trouble("%s: %s" % (program.name, done.stderr.strip() or done.returncode))
    return done.stdout


def ask(bench, runs, asked, reworded=0):
    answer = json.loads(run(bench, runs, asked, THREADS, reworded))
    return {name: value / asked if name in ("seconds", "cpu_seconds", "counted", "compared") else value
            for name, value in answer.items()}


def effort(answer):
    return "per run %.1f ms of CPU, %.0f texts compared, %.0f letter counts" % (
        1000 * answer["cpu_seconds"], answer["compared"], answer["counted"])


def python_pair_s(bench, runs):
    """Seconds that difflib takes for the ratio of two of the same texts."""
    texts = [json.loads(line).lower() for line in run(bench, runs, "texts", 0, 0).splitlines()]
    draw = random.Random(SEED)
    pairs = [draw.sample(texts, 2) for _ in range(PYTHON_PAIRS)]
    begun = time.monotonic()
    for one, other in pairs:
        difflib.SequenceMatcher(None, one, other).ratio()
    return (time.monotonic() - begun) / len(pairs)


def measure(bench):
    """The five best of each of 10 000 runs with made-up texts of 5 to 200 words, on two threads."""
    runs, many = bench.size(10_000, 500), bench.size(100_000, 5_000)
    whole = ask(bench, runs, runs)
    seconds = whole["seconds"] * runs
    yield Row("similarity, %d runs" % runs, seconds, "s", ("<=", 180), note=effort(whole))
    reworded = ask(bench, runs, runs, 30)
    yield Row("… 3 in 10 reworded", reworded["seconds"] * runs, "s", note=effort(reworded))
    pair_s = python_pair_s(bench, runs)
    yield Row("… by Python's difflib", pair_s * runs * (runs - 1) / THREADS, "s",
              note="extrapolated: %.0f µs for each of %d pairs, all pairs on %d cores"
              % (pair_s * 1e6, PYTHON_PAIRS, THREADS))
    sample = ask(bench, many, min(many, 200))
    steps = math.log(many / runs)
    texts, times = (1 + math.log(sample[name] / whole[name]) / steps for name in ("compared", "cpu_seconds"))
    yield Row("… growth, texts compared", texts, "power", note="from %d to %d runs: %s" % (runs, many, effort(sample)))
    yield Row("… growth, CPU time", times, "power", note="%.0f s for all, extrapolated from 200" % (sample["seconds"] * many))
    yield Row("… index of %d runs" % many, sample["index_bytes"] / MIB, "MiB", note="texts of 102 words in the mean")
