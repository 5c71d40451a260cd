"""Runs of workflows as files: states, models, costs and times that differ, over some weeks."""
import datetime
import json
import random

RUNS = 60
_STATES = ("completed", "completed", "completed", "failed", "running")
_MODELS = ("claude-sonnet-4-5-20250929", "claude-haiku-4-5-20251001", "claude-opus-4-5-20251101")
_TASKS = ("Add tests for the parser of result lines and validate every step", "Fix the <b>layout</b> of the settings page",
          "Update the npm dependencies of the frontend", "Document how a re-sync is cancelled",
          "The worker must not lose a chunk when it is stopped: find out why and mend it")


def _result(model, cost, tokens):
    usage = {"inputTokens": tokens, "outputTokens": tokens // 9, "cacheReadInputTokens": tokens * 6,
             "cacheCreationInputTokens": tokens // 2, "costUSD": cost}
    return {"type": "result", "subtype": "success", "is_error": False, "duration_ms": 1000 * (60 + tokens % 400),
            "total_cost_usd": cost, "modelUsage": {model: usage}, "result": "done"}


def write(folder, seed=7):
    """Writes them; the directory."""
    chance = random.Random(seed)
    now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    for number in range(RUNS):
        run = folder / ("%08x" % (0x5a000000 + number * 7919))
        model = chance.choice(_MODELS)
        start = now - datetime.timedelta(hours=12 * number + 3)
        state = {"adw_id": run.name, "status": _STATES[number % len(_STATES)], "issue_number": str(100 + number),
                 "nl_input": "%s (%d)" % (_TASKS[number % len(_TASKS)], number), "model_used": model,
                 "workflow_template": "adw_plan_build_test", "start_time": start.isoformat(),
                 "end_time": (start + datetime.timedelta(minutes=3 + number % 17)).isoformat(),
                 "estimated_cost_total": 2.0, "branch_name": "feature-%d" % number}
        if state["status"] == "running":
            del state["end_time"]
        run.mkdir(parents=True)
        (run / "adw_state.json").write_text(json.dumps(state))
        for agent in ("planner", "builder", "tester"):
            (run / agent).mkdir()
            line = _result(model, round(chance.uniform(0.02, 1.9), 6), chance.randrange(2000, 90000))
            (run / agent / "raw_output.jsonl").write_text(json.dumps({"type": "system", "subtype": "init"}) + "\n" + json.dumps(line) + "\n")
    return folder
