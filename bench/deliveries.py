"""Deliveries to a local receiver, the re-scan of what has not changed, and the worker's memory."""
import json
import subprocess
import time

import fixtures
from cpu import Cpu
from place import Place, Trouble
from report import Row, middle

KIB = 1024
MEMORY_MIB = 64
FLAWS = ("bad_headers", "bad_times", "bad_signatures", "bad_bodies", "bad_order", "incomplete", "key_conflicts")


def memory_mib(pid):
    """The greatest resident size that the process ever had."""
    with open("/proc/%d/status" % pid) as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / KIB
    raise Trouble("process %d names no VmHWM" % pid)


def seconds_of(place, operation):
    """From the first load to the end, by PostgreSQL's clock."""
    return place.postgres.number(
        "SELECT extract(epoch FROM o.finished_at - t.loaded_at) FROM operation o JOIN tally t USING (operation_id)"
        " WHERE operation_id = '%s'" % operation)


def run_to_end(place, hand, definition, patience_s=900, **args):
    operation = hand.operation(definition, **args)["operation_id"]
    place.await_end(operation, patience_s)
    bad = place.postgres.row("SELECT error FROM job_outcome WHERE outcome <> 'succeeded' AND operation_id = '%s'"
                             % operation)
    if bad:
        raise Trouble("a job of %s did not succeed: %s" % (definition, bad[0]))
    return seconds_of(place, operation)


def receiver_limit(bench, count, parallel, apps):
    """Files per second that the receiver takes from a bare libcurl loop."""
    with Place(bench.programs) as place:
        _, base_url = fixtures.start_receiver(place)
        words = [place.path_of("poster"), base_url, fixtures.CLIENT_KEY, count, parallel, apps, fixtures.FILE_BYTES]
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True, env=place.env)
    answer = json.loads(done.stdout) if done.returncode == 0 else {"refused": done.stderr}
    if answer["refused"]:
        raise Trouble("the receiver refused the poster: %s" % answer["refused"])
    return count / answer["seconds"]


def deliver_rate(bench, links, files, parallel):
    """Files per second of a re-sync of `links` links with `files` files each, and the CPU time of it in words. They have
    been delivered once before, so that the clones are there; then every file of all links is sent again."""
    with Place(bench.programs) as place:
        hand = place.start_hand()
        receiver, base_url = fixtures.start_receiver(place)
        for number in range(links):
            url = fixtures.make_repository(place, "origin%d" % number, fixtures.small_files(files))
            fixtures.add_link(place, hand, 1 + number, 1 + number, base_url, url)
        worker = place.start_worker(settings={"REPRISE_DELIVER_PARALLEL": str(parallel)})
        run_to_end(place, hand, "resync-all")
        before, cpu = fixtures.receiver_stats(base_url), Cpu(place, worker=worker, receiver=receiver)
        seconds = run_to_end(place, hand, "resync-all")
        after, used = fixtures.receiver_stats(base_url), cpu.us_each(links * files)
    came = after["requests"] - before["requests"]
    flaws = {name: after[name] for name in FLAWS if after[name]}
    if came != links * files or after["files"] != links * files or flaws:
        raise Trouble("the receiver took %d requests for %d files, with flaws %s" % (came, links * files, flaws))
    return came / seconds, "µs of CPU a file: " + used


def measure_one_link(bench):
    """Small files per second for one link with deliver.parallel 32, from the first load to the end, fetch included."""
    files = bench.size(50_000, 2_000)
    limit = receiver_limit(bench, files, 32, 1)
    rate, used = deliver_rate(bench, 1, files, 32)
    yield Row("small files, one link", rate, "files/s", (">=", 5_000), limit, rate / limit,
              "limit: bare libcurl, 32 in flight; " + used)


def measure_eight_links(bench):
    """Small files per second over eight links with deliver.parallel 32 each."""
    files = bench.size(12_500, 500)
    limit = receiver_limit(bench, 8 * files, 64, 8)
    rate, used = deliver_rate(bench, 8, files, 32)
    yield Row("small files, eight links", rate, "files/s", (">=", 10_000), limit, rate / limit,
              "limit: bare libcurl, 64 in flight; " + used)


# ---- re-scan --------------------------------------------------------------------------------------------------------


GIT_COMMANDS = (
    ("ls-remote", "--symref", "--", "URL", "HEAD"),
    ("fetch", "--depth=1", "--force", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head",
     "--no-auto-maintenance", "--update-shallow", "--progress", "--", "URL", "+refs/heads/main:refs/bench/head"),
)


def git_ms(place, url, times):
    """The two git commands of a fetch, in the same clone, started from here."""
    clone = next(path for path in (place.directory / "clones").rglob("HEAD")).parent
    git = ["git", "--git-dir=%s" % clone]
    taken = []
    for _ in range(times):
        begun = time.monotonic()
        for words in GIT_COMMANDS:
            subprocess.run(git + [url if word == "URL" else word for word in words], env=place.env, check=True,
                           capture_output=True)
        taken.append((time.monotonic() - begun) * 1000)
    return taken


def measure_rescan(bench):
    """Re-scan of an unchanged repository with 50 000 files: from the job's load to its end, less the time of git.

    git's time is that of the same two commands on the same clone, run by hand in the same minute.
    """
    files, times = bench.size(50_000, 2_000), bench.size(20, 3)
    with Place(bench.programs) as place:
        hand = place.start_hand()
        _, base_url = fixtures.start_receiver(place)
        url = fixtures.make_repository(place, "origin", fixtures.small_files(files))
        link = fixtures.add_link(place, hand, 1, 1, base_url, url)
        place.start_worker(settings={"REPRISE_DELIVER_PARALLEL": "32"})
        run_to_end(place, hand, "resync-link", **link)
        scans = []
        for _ in range(times):
            time.sleep(1.05)  # the least age that a rescan takes
            scans.append(1000 * run_to_end(place, hand, "rescan", age_ms=1000))
        git = middle(git_ms(place, url, times))
    beyond = middle(scans) - git
    yield Row("re-scan, beyond git's time", beyond, "ms", ("<=", 20), git, middle(scans) / git,
              "p50 of %d: %.1f ms in all; limit: git alone; %d files" % (times, middle(scans), files))


# ---- memory ---------------------------------------------------------------------------------------------------------


def memory_of(bench, name, files):
    """VmHWM of the worker process and of its supervisor after a re-sync, default settings. git's are not in it."""
    with Place(bench.programs) as place:
        hand = place.start_hand()
        _, base_url = fixtures.start_receiver(place)
        url = fixtures.make_repository(place, "origin", files)
        link = fixtures.add_link(place, hand, 1, 1, base_url, url)
        worker = place.start_worker()
        run_to_end(place, hand, "resync-link", 3600, **link)
        process = max(memory_mib(pid) for pid in worker.children())
        supervisor = memory_mib(worker.pid)
    return Row("worker's memory, " + name, process, "MiB", ("<=", MEMORY_MIB),
               note="its supervisor: %.1f MiB" % supervisor)


def measure_memory(bench):
    """The worker's memory after a repository with 50 000 files, and after one with a binary of 1 GiB."""
    files, size = bench.size(50_000, 2_000), bench.size(1 << 30, 8 << 20)
    yield memory_of(bench, "%d files" % files, fixtures.small_files(files))
    yield memory_of(bench, "binary of %d MiB" % (size >> 20), fixtures.one_binary(size))
