"""What scripts/demo.sh asks of Python.

demo_check.py field <name>          the first value of that name, however deep, in the JSON on stdin
demo_check.py url <directory>       the directory as a file:// URL
demo_check.py compare <checkout> <commit> <received> <base-url> <app-id> <repository-id>
    whether the receiver holds exactly the regular files of that commit, byte for byte, and refused nothing; says so for
    a person, exit code 1 if not
"""
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import urllib.parse
import urllib.request

REGULAR = (b"100644", b"100755")
MOST_SHOWN = 10
# Of the receiver's counts (tests/receiver/app.c), those that must be zero.
FAULTS = ("bad_headers", "bad_times", "bad_signatures", "bad_bodies", "bad_order", "key_conflicts", "incomplete")
# The receiver keeps all files of a repository in one folder, under names made from their paths: tests/receiver/keep.h.
NAME_MAX, NAME_CUT = 240, 180


def first_named(value, name):
    if isinstance(value, dict) and name in value:
        return value[name]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for found in (first_named(one, name) for one in inner) if found is not None), None)


def print_field(name):
    found = first_named(json.load(sys.stdin), name)
    if found is None:
        sys.exit("no %s in the answer" % name)
    print(found)


def print_url(directory):
    print("file://" + urllib.parse.quote(directory))


class Head:
    """The regular files of a commit, as git holds them; what Reprise does not send is only counted."""

    def __init__(self, checkout, commit):
        self.checkout = checkout
        self.blobs = {}
        self.skipped = 0
        listing = self.git("ls-tree", "-r", "-z", "--full-tree", commit)
        for entry in filter(None, listing.split(b"\0")):
            about, path = entry.split(b"\t", 1)
            mode, _, blob = about.split()
            if mode in REGULAR and is_utf8(path):
                self.blobs[path.decode()] = blob
            else:
                self.skipped += 1

    def git(self, *arguments):
        return subprocess.run(["git", "-C", self.checkout, *arguments], check=True, capture_output=True).stdout

    def contents(self):
        """(path, bytes) of each file, one at a time."""
        reader = subprocess.Popen(["git", "-C", self.checkout, "cat-file", "--batch"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        with reader:
            for path, blob in self.blobs.items():
                reader.stdin.write(blob + b"\n")
                reader.stdin.flush()
                size = int(reader.stdout.readline().split()[2])
                yield path, reader.stdout.read(size)
                reader.stdout.read(1)
            reader.stdin.close()


def is_utf8(path):
    try:
        path.decode()
    except UnicodeDecodeError:
        return False
    return True


def kept_name(path):
    raw, name = path.encode(), b""
    for at, byte in enumerate(raw):
        if len(name) + 3 > NAME_MAX:
            return name[:NAME_CUT] + b"%~" + hashlib.sha256(raw).hexdigest().encode()
        plain = byte > 0x20 and byte not in b"/%\x7f" and not (at == 0 and byte in b".")
        name += bytes([byte]) if plain else b"%%%02X" % byte
    return name


def differences(head, received):
    """Sentences on what is wrong, and the number of bytes compared."""
    wrong, compared = [], 0
    for path, content in head.contents():
        copy = received / os.fsdecode(kept_name(path))
        if not copy.is_file():
            wrong.append("missing: " + path)
        elif copy.read_bytes() != content:
            wrong.append("other bytes: " + path)
        compared += len(content)
    expected = {os.fsdecode(kept_name(path)) for path in head.blobs}
    held = sorted(os.listdir(received)) if received.is_dir() else []
    wrong += ["not in HEAD: " + name for name in held if name not in expected]
    return wrong, compared


def receiver_stats(base_url):
    with urllib.request.urlopen(base_url + "/_/stats", timeout=10) as answer:
        return json.load(answer)


def human_size(count):
    for unit in ("bytes", "KiB", "MiB"):
        if count < 1024:
            return "%.4g %s" % (count, unit)
        count /= 1024
    return "%.4g GiB" % count


def compare(checkout, commit, received, base_url, app_id, repository_id):
    head = Head(checkout, commit)
    wrong, size = differences(head, pathlib.Path(received, app_id, repository_id))
    stats = receiver_stats(base_url)
    refused = {name: stats[name] for name in FAULTS if stats[name]}
    print("  Repository   %s at %s" % (printable(checkout), commit[:12]))
    print("  Delivered    %d files, %s" % (len(head.blobs), human_size(size)))
    print("  Compared     %s" % ("%d of %d are WRONG at the receiver" % (len(wrong), len(head.blobs)) if wrong else
                                "every file is at the receiver, byte for byte"))
    print("  Signatures   %d requests, %s" % (stats["requests"], "FAULTS found by the receiver: %s" % refused if refused
                                             else "each one signed rightly"))
    if head.skipped:
        print("  Not sent     symlinks, submodules and paths that are not UTF-8: %d" % head.skipped)
    for line in wrong[:MOST_SHOWN]:
        print("    " + printable(line))
    if not head.blobs:
        print("  HEAD holds no regular file: nothing could be shown")
    sys.exit(1 if wrong or refused or not head.blobs else 0)


def printable(text):
    """Control characters of a file's name must not reach the terminal."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


if __name__ == "__main__":
    {"field": print_field, "url": print_url, "compare": compare}[sys.argv[1]](*sys.argv[2:])
