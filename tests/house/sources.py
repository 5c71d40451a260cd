"""Our own source files, found by walking the rooms: no git needed, so a checkout of any owner will do."""
import pathlib
import re

ROOMS = ("common", "worker", "producer", "dashboard", "tests", "bench")
SCRIPT_ROOMS = ("scripts", ".ci", "docs", "tests", "bench")
PYTHON_ROOMS = ("scripts", "cmake", "common", "dashboard", "examples", "tests", "bench")


def _files(root, rooms):
    for room in rooms:
        for path in sorted((root / room).rglob("*")):
            if path.is_file() and "node_modules" not in path.parts:
                yield path


def c_files(root, rooms=ROOMS):
    return [path for path in _files(root, rooms) if path.suffix in (".c", ".h")]


def python_files(root):
    return [path for path in _files(root, PYTHON_ROOMS) if path.suffix == ".py"]


def shell_files(root):
    return [path for path in _files(root, SCRIPT_ROOMS) if _is_shell(path)]


def executables(root):
    """The scripts that are started by their name."""
    rooms = sorted({*SCRIPT_ROOMS, *PYTHON_ROOMS, *ROOMS})
    return [path for path in _files(root, rooms) if path.stat().st_mode & 0o111 and _is_script(path)]


def _is_script(path):
    with path.open("rb") as file:
        return file.read(2) == b"#!"


def _is_shell(path):
    if path.suffix:
        return path.suffix == ".sh"
    with path.open("rb") as file:
        return re.match(rb"#!.*\b(ba|da)?sh\b", file.readline()) is not None


def report(findings):
    """Prints the findings; the exit code of the check."""
    for finding in findings:
        print(finding)
    print("%d finding(s)" % len(findings))
    return 1 if findings else 0
