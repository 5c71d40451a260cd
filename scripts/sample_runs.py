#!/usr/bin/env python3
"""Makes an agents directory of sample runs, as AI developer workflows leave them: for the demo, the tests and the benchmark.

usage: sample_runs.py DIRECTORY [--runs N] [--agents N] [--stream-bytes N] [--seed N] [--last-days N]

Each run has a state file and a stream for each agent, whose last line tells what it cost. Streams are sparse: their
beginning is a hole, so that a hundred thousand runs fit a small disk. The same seed makes the same runs. They began in
2025, or with --last-days at random times of as many days until now.
"""
import argparse
import json
import os
import random
import time

AGENTS = ("sdlc_planner", "sdlc_implementor_builder", "tester", "reviewer", "documenter", "shipper")
TEMPLATES = ("adw_plan_build_iso", "adw_plan_build_test_iso", "adw_sdlc_complete_iso")
STATUSES = ("completed", "completed", "completed", "completed", "failed", "running")
# US dollars per million tokens: input, output, cache write, cache read.
MODELS = {"claude-sonnet-4-5-20250929": (3, 15, 3.75, 0.30), "claude-haiku-4-5-20251001": (1, 5, 1.25, 0.10)}
# Drawn by rank, the first the most often, as words are in texts.
WORDS = ("the to and a of in for is test add that with on file should must page user fix button data run update error api "
         "server form list type build check new when all show table from json value field client style route query make "
         "login validate backend frontend component handle remove rename upload export column date sort filter search "
         "cache retry timeout index schema migration token session password email report chart dashboard layout mobile "
         "dark theme spinner toast modal wizard step phase verify document deploy release branch commit merge review lint "
         "format typecheck coverage fixture mock stub worker queue job schedule webhook payload header cookie limit page").split()
WEIGHTS = [1 / (rank + 2) for rank in range(len(WORDS))]
HOLE_MIN = 4096


def text(chance):
    count = min(200, max(5, int(chance.lognormvariate(3.2, 0.8))))
    return " ".join(chance.choices(WORDS, WEIGHTS, k=count))


def usage(chance, model, weight):
    """Of one model: its tokens, and their cost by its prices."""
    tokens = [int(chance.uniform(0.5, 1.5) * weight * n) for n in (60, 2400, 8000, 240000)]
    cost = sum(count * price for count, price in zip(tokens, MODELS[model])) / 1e6
    return {"inputTokens": tokens[0], "outputTokens": tokens[1], "cacheCreationInputTokens": tokens[2],
            "cacheReadInputTokens": tokens[3], "webSearchRequests": 0, "costUSD": round(cost, 9),
            "contextWindow": 200000}


def result_line(chance, seconds, is_error=False):
    by_model = {model: usage(chance, model, weight)
                for model, weight in zip(MODELS, (1.0, chance.uniform(0.01, 0.2)))}
    main = by_model[next(iter(MODELS))]
    return {"type": "result", "subtype": "error_during_execution" if is_error else "success", "is_error": is_error,
            "duration_ms": seconds * 1000, "duration_api_ms": seconds * 1010, "num_turns": chance.randint(2, 60),
            "result": "The work is done. " * chance.randint(5, 40), "session_id": "%032x" % chance.getrandbits(128),
            "total_cost_usd": round(sum(one["costUSD"] for one in by_model.values()), 9),
            "usage": {"input_tokens": main["inputTokens"], "output_tokens": main["outputTokens"],
                      "cache_creation_input_tokens": main["cacheCreationInputTokens"],
                      "cache_read_input_tokens": main["cacheReadInputTokens"]},
            "modelUsage": by_model}


def write_stream(path, last, stream_bytes):
    """A stream of that size whose last line is `last`; before it an assistant's line and, where there is room, a hole."""
    said = {"type": "assistant", "message": {"model": next(iter(MODELS)), "content": [{"type": "text", "text": "x" * 300}]}}
    tail = ("\n%s\n%s\n" % (json.dumps(said), json.dumps(last))).encode()
    hole = stream_bytes - len(tail)
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.pwrite(fd, tail if hole >= HOLE_MIN else tail[1:], hole if hole >= HOLE_MIN else 0)
    os.close(fd)


def start_of(number, seed, last_days):
    """Not of the run's own chance, so that the days change nothing else of it."""
    if last_days == 0:
        return 1735689600 + number * 97 % 31536000
    return int(time.time() - 3600 - random.Random("start/%d/%d" % (seed, number)).random() * last_days * 86400)


def state_of(chance, adw_id, number, status, start, seconds):
    state = {"adw_id": adw_id, "issue_number": str(number % 900 + 1), "status": status, "nl_input": text(chance),
             "github_url": "https://github.com/octocat/hello-world/issues/%d" % (number % 900 + 1),
             "workflow_template": TEMPLATES[number % len(TEMPLATES)], "model_used": "sonnet",
             "start_time": stamp(start), "branch_name": "feature/run-%d" % number,
             "plan_file": "specs/run-%d.md" % number, "estimated_cost_total": round(chance.uniform(0.1, 0.6), 4)}
    if status in ("completed", "failed"):
        state["end_time"] = stamp(start + seconds)
    if status == "failed":
        state["error_message"] = "the tests timed out"
    return state


def stamp(seconds):
    """ISO without a zone, as the state files write it."""
    days, rest = divmod(seconds, 86400)
    era = days + 719468
    cycle = era // 146097
    of_cycle = era - cycle * 146097
    year = (of_cycle - of_cycle // 1460 + of_cycle // 36524 - of_cycle // 146096) // 365
    of_year = of_cycle - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    day = of_year - (153 * month + 2) // 5 + 1
    month = month + 3 if month < 10 else month - 9
    return "%04d-%02d-%02dT%02d:%02d:%02d" % (year + cycle * 400 + (month <= 2), month, day, rest // 3600,
                                              rest // 60 % 60, rest % 60)


def make_run(directory, number, agents=2, stream_bytes=0, seed=1, last_days=0):
    """Makes one run; returns its id and what it cost, in US dollars as its files say."""
    chance = random.Random("%d/%d" % (seed, number))
    adw_id = "%08x" % (number * 2654435761 % (1 << 32))
    place = os.path.join(directory, adw_id)
    os.mkdir(place)
    status = chance.choice(STATUSES)
    seconds, cost = 0, 0.0
    for index in range(agents):
        took = chance.randint(20, 900)
        last = result_line(chance, took, is_error=status == "failed" and index == agents - 1)
        seconds, cost = seconds + took, cost + last["total_cost_usd"]
        os.mkdir(os.path.join(place, AGENTS[index % len(AGENTS)]))
        write_stream(os.path.join(place, AGENTS[index % len(AGENTS)], "raw_output.jsonl"), last, stream_bytes)
    with open(os.path.join(place, "adw_state.json"), "w") as file:
        json.dump(state_of(chance, adw_id, number, status, start_of(number, seed, last_days), seconds), file, indent=2)
    return adw_id, round(cost, 9)


def main():
    parser = argparse.ArgumentParser(description="Makes an agents directory of sample runs.")
    parser.add_argument("directory")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--agents", type=int, default=2, help="per run, 1 to %d" % len(AGENTS))
    parser.add_argument("--stream-bytes", type=int, default=0, help="size of each stream; 0: no larger than it must be")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--last-days", type=int, default=0, help="spread over so many days until now; 0: over 2025")
    given = parser.parse_args()
    os.makedirs(given.directory, exist_ok=True)
    for number in range(1, given.runs + 1):
        make_run(given.directory, number, given.agents, given.stream_bytes, given.seed, given.last_days)


if __name__ == "__main__":
    main()
