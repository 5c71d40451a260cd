"""Dependencies run downward: a file includes only its own room and the rooms below it.

usage: check_includes.py <root>

Tests of one box see what that box may see, all other tests and the bench every box, each of them what tests share. Only
unit tests and fuzzers of a program see its headers, and no other program's; the bench measures parts of the worker alone and sees
its.
"""
import pathlib
import re
import sys

import sources

BOXES = {
    "base": (),
    "deliveries": ("base",),
    "history": ("base",),
    "store": ("base",),
    "loop": ("base", "store"),
    "registry": ("base", "store", "deliveries"),
    "queue": ("base", "store", "loop"),
    "definitions": ("base", "store", "loop", "queue"),
    "doctor": ("base", "store", "loop", "queue"),
    "kinds": ("base", "store", "loop", "queue", "definitions", "deliveries", "history"),
    "query": ("base", "store", "loop", "queue", "definitions", "doctor", "deliveries", "history", "kinds"),
}
PROGRAMS = ("worker", "producer", "dashboard")
# Made at build time; it belongs to the box that embeds it.
EMBEDDED = {"embedded/lua.h": "common/queue", "embedded/schema.h": "dashboard", "embedded/sql_count.h": "common/base",
            **{"embedded/sql_%s.h" % folder: room for folder, room in (
                ("session", "common/store"), ("migrate", "common/store"), ("migrations", "common/store"),
                ("queue", "common/queue"), ("definitions", "common/definitions"), ("doctor", "common/doctor"),
                ("registry", "common/registry"), ("kinds", "common/kinds"), ("query", "common/query"),
                ("deliveries", "worker"), ("history", "worker"), ("producer", "producer"), ("dashboard", "dashboard"))}}
# Pure rules and the ground floor do no input or output of their own to servers.
PURE = ("base", "deliveries", "history")
SERVER_HEADERS = re.compile(r"libpq|postgres|hiredis|curl/|git2|ev\.h$|microhttpd|sys/socket|netdb")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def room_of(path):
    """common/<box>, a program, tests/<folder>[/<box>] or bench, from a path relative to the root."""
    parts = path.split("/")
    if parts[0] == "common":
        return "/".join(parts[:2])
    if parts[:2] in (["tests", "unit"], ["tests", "contract"], ["tests", "fuzz"]) and len(parts) > 3:
        return "/".join(parts[:3])
    if parts[0] == "tests":
        return "/".join(parts[:2])
    return parts[0]


def box_and_below(box):
    return {"common/" + name for name in (box,) + BOXES[box]}


def rooms_open_to(room):
    """Where files of this room may include from; None for a room that the design does not have."""
    parts = room.split("/")
    if parts[0] == "common":
        return box_and_below(parts[1]) if parts[1] in BOXES else None
    every_box = {"common/" + name for name in BOXES}
    if room in PROGRAMS:
        return every_box | {room}
    if parts[0] == "tests" and len(parts) == 3 and parts[2] in BOXES:
        # A contract test of the queue has operations, which it takes a request to make, and ends with the doctor.
        by_request = {"common/definitions", "common/doctor"} if parts[1] == "contract" and parts[2] in ("queue", "definitions", "doctor") else set()
        return box_and_below(parts[2]) | by_request
    if parts[:2] in (["tests", "unit"], ["tests", "fuzz"]) and len(parts) == 3 and parts[2] in PROGRAMS:
        return every_box | {parts[2]}
    return every_box | {"worker"} if room == "bench" else every_box


def may_include(room, target):
    of_tests = room.startswith("tests/") or room == "bench"
    return target in rooms_open_to(room) or (of_tests and (target == room or target.startswith("tests/")))


def fault_of(room, kind, header, root):
    """Why this include is refused, or None."""
    if rooms_open_to(room) is None:
        return "a box that the design does not have: tests/house/check_includes.py lists them"
    if kind == "<":
        pure = room.startswith("common/") and room.split("/")[1] in PURE
        return "a room without servers" if pure and SERVER_HEADERS.search(header) else None
    if header in EMBEDDED:
        if room.startswith("tests/"):
            return None  # a test looks at the stores with whatever statement serves it
        target = EMBEDDED[header]
    elif (root / header).is_file():
        target = room_of(header)
    else:
        return "our own headers are included by their path from the root"
    return None if may_include(room, target) else "%s may not include from %s" % (room, target)


def findings(root):
    for path in sources.c_files(root):
        relative = path.relative_to(root).as_posix()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = INCLUDE.match(line)
            fault = match and fault_of(room_of(relative), match.group(1), match.group(2), root)
            if fault:
                yield "%s:%d: %s: %s" % (relative, number, match.group(2), fault)


sys.exit(sources.report(list(findings(pathlib.Path(sys.argv[1])))))
