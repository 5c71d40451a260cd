"""A database that has grown, by SQL: for the benchmark, and for the browser test on large data."""
from postgres import sql


def texts(runs, links, jobs):
    """Statements, separated by ";\\n": so many runs of the history, links, and jobs of an operation."""
    yield sql("history_rows", count=runs)
    yield sql("big_links", links=links, apps=min(300, links // 10))
    yield sql("big_operations", count=jobs, links=links // 4)
