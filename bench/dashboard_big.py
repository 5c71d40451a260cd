"""What each page of the dashboard asks of its API, on a database that has grown large."""
import http.client
import json
import time
import urllib.parse

import large
from place import Place, Trouble
from progress_http import start_dashboard, token
from report import Row, middle

MEDIAN_MS = 50
TIMES = 15
BIG_APP = "app_" + "1".rjust(24, "0")
ENDED, RUNNING = "op_big_ended", "op_big_running"
A_RUN, A_FORM = "a-run-of-the-history", "a-form-of-errors"  # until it is known which there are
OPERATIONS = "/admin/api/operations"

# By page: what it asks when it is opened, and for what can be chosen on it. A pair is a POST.
CALLS = {
    "frame": ["/admin/api/session", "/admin/api/overview", "/api/workflow-definitions?limit=1000"],
    "overview": [OPERATIONS + "?state=running&limit=10", OPERATIONS + "?state=paused&limit=10",
                 "/admin/api/notifications/failed?limit=10"]
                + ["/admin/api/activity?hours=%d" % hours for hours in (1, 6, 24, 168)],
    "apps": ["/admin/api/apps?limit=50&page=1", "/admin/api/apps?limit=100&page=2"],
    "app": ["/admin/api/apps/%s?limit=50&page=1%s" % (BIG_APP, more) for more in (
        "", "&status=synced", "&status=failed", "&status=pending_snapshot", "&status=scanning", "&search=service-77")]
           + ["/admin/api/apps/%s?limit=50&page=200" % BIG_APP],
    "repositories": ["/admin/api/repositories?limit=50&page=1%s" % more for more in (
        "", "&status=synced", "&status=failed", "&status=pending_snapshot", "&status=scanning", "&search=service-777",
        "&search=team", "&search=nowhere", "&status=failed&search=team1", "&status=pending_snapshot&search=team1")]
                    + ["/admin/api/repositories?limit=100&page=100"],
    "failed": ["/admin/api/notifications/failed?limit=50&page=1", "/admin/api/notifications/failed?limit=100&page=90"],
    "operations": [OPERATIONS + "?limit=50&page=1", OPERATIONS + "?limit=50&page=90"]
                  + [OPERATIONS + "?limit=50&page=1&state=" + state for state in ("running", "completed", "failed", "cancelled")],
    "operation": [OPERATIONS + "/" + operation + more for operation in (RUNNING, ENDED) for more in (
        "", "/errors", "/outcomes?limit=50&page=1", "/outcomes?limit=50&page=1&outcome=failed",
        "/outcomes?limit=50&page=1&outcome=skipped", "/outcomes?limit=50&page=1&form=" + A_FORM, "/outcomes?limit=50&page=200")]
                 + ["/admin/api/retry/progress/" + RUNNING],
    "history": ["/api/workflow-history?limit=50&page=1" + more for more in (
        "", "&status=failed", "&template=adw_sdlc", "&sort_by=actual_cost_total&sort_order=asc", "&search=fix", "&search=mamlpg")]
               + ["/api/workflow-history?limit=50&page=200", "/api/workflow-history/analytics"]
               + ["/api/workflow-history/trends?days=%d&group_by=%s" % shown for shown in ((7, "hour"), (30, "day"), (90, "day"), (365, "week"))],
    "run": ["/api/workflow-history/" + A_RUN],
    "stale": ["/api/workflow-history/stale?limit=50&page=1", "/api/workflow-history/stale?limit=50&page=100"],
    "definitions": ["/api/workflow-definitions/resync-all"],
    "queue": ["/admin/api/queue"],
    "metrics": ["/metrics"],
    "dialogs": [(OPERATIONS + "/preview", {"definition": definition, "args": args}) for definition, args in (
        ("resync-app", {"app_id": BIG_APP}), ("resync-all", {}), ("retry-all", {}), ("resync-costs", {}),
        ("resync-costs", {"status": ["failed"]}))],
}


def fill(postgres, runs, links, jobs):
    """Seconds that it took."""
    begun = time.monotonic()
    for text in large.texts(runs, links, jobs):
        for statement in text.split(";\n"):
            postgres.rows(statement)
    return time.monotonic() - begun


class Client:
    """One connection that stays."""

    def __init__(self, port, bearer):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Authorization": "Bearer " + bearer, "Accept-Encoding": "identity"}

    def ask(self, call):
        """The answer, and the ms until it was there."""
        path, body = call if isinstance(call, tuple) else (call, None)
        begun = time.perf_counter()
        if body is None:
            self.connection.request("GET", path, headers=self.headers)
        else:
            self.connection.request("POST", path, json.dumps(body), {**self.headers, "Content-Type": "application/json"})
        response = self.connection.getresponse()
        text = response.read()
        took = (time.perf_counter() - begun) * 1000
        if response.status != 200:
            raise Trouble("%s: %d %s" % (path, response.status, text[:300]))
        return text, took


def words_of(call):
    path, body = call if isinstance(call, tuple) else (call, None)
    return path if body is None else "%s %s" % (path, json.dumps(body))


def ask_all(client, adw_id, times):
    """For each call: (page, call, median in ms, worst), after one that fills the caches."""
    errors = json.loads(client.ask(OPERATIONS + "/" + ENDED + "/errors")[0])["data"]["errors"]
    form = urllib.parse.quote(errors[0]["form"])
    for page, calls in CALLS.items():
        for call in calls:
            asked = call.replace(A_RUN, adw_id).replace(A_FORM, form) if isinstance(call, str) else call
            client.ask(asked)
            took = [client.ask(asked)[1] for _ in range(times)]
            yield page, asked, middle(took), max(took)


def rows_of(measured):
    for page, call, median, worst in measured:
        yield Row("dashboard, %s" % page, median, "ms", ("<=", MEDIAN_MS), note="worst %.0f ms: %s" % (worst, words_of(call)))


def measure(bench):
    """Every call that each page of the dashboard makes, on a million runs, 200 000 links and operations of a million jobs.

    Over HTTP on one connection, the median of fifteen after a first.
    """
    with Place(bench.programs) as place:
        fill(place.postgres, bench.size(1_000_000, 20_000), bench.size(200_000, 2_000), bench.size(1_000_000, 20_000))
        client = Client(start_dashboard(place), token(place))
        adw_id = place.postgres.value("SELECT adw_id FROM workflow_history WHERE id = 4711")
        yield from rows_of(ask_all(client, adw_id, bench.size(TIMES, 3)))
