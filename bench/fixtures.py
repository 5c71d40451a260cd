"""What is measured on: git repositories made by git fast-import, apps and links written straight into the tables."""
import json
import shutil
import subprocess
import urllib.request

from place import Trouble, await_true
from postgres import sql

FILE_BYTES = 200
CLIENT_KEY = "bench-secret-of-the-client"
BINARY_PIECE = 1 << 20


def app_name(number):
    return "app_%024x" % number


def repository_name(number):
    return "repo_%024x" % number


def small_file(number):
    return (b"%08d " % number).ljust(FILE_BYTES, b"x")


def small_files(count):
    for number in range(count):
        yield "d%03d/f%06d.txt" % (number // 100, number), FILE_BYTES, [small_file(number)]


def one_binary(size):
    """Bytes that neither compress nor are text."""
    source = open("/dev/urandom", "rb")
    yield "large.bin", size, (source.read(min(BINARY_PIECE, size - at)) for at in range(0, size, BINARY_PIECE))


def make_repository(place, name, files):
    """A bare repository with one commit of `files`: (path, size, pieces). Returns its URL."""
    directory = place.directory / "origins" / name
    subprocess.run(["git", "init", "--quiet", "--bare", "--template=", "--initial-branch=main", directory], check=True,
                   env=place.env)
    importer = subprocess.Popen(["git", "-c", "core.compression=0", "-C", directory, "fast-import", "--quiet"],
                                stdin=subprocess.PIPE, env=place.env)
    pipe = importer.stdin
    pipe.write(b"commit refs/heads/main\ncommitter Bench <bench@example.org> 1700000000 +0000\n"
               b"data 5\nbench\n")
    for path, size, pieces in files:
        pipe.write(b"M 100644 inline %s\ndata %d\n" % (path.encode(), size))
        for piece in pieces:
            pipe.write(piece)
        pipe.write(b"\n")
    pipe.close()
    if importer.wait() != 0:
        raise Trouble("git fast-import failed")
    return "file://%s" % directory


def make_repositories(place, count):
    """So many small repositories with the same content: origins/r1, r2, …, where add_many_links looks for them."""
    make_repository(place, "r1", small_files(2))
    for number in range(2, count + 1):
        shutil.copytree(place.directory / "origins/r1", place.directory / ("origins/r%d" % number))


def add_link(place, hand, app, repository, base_url, url):
    place.postgres.rows(sql("link", app_id=app_name(app), repository_id=repository_name(repository), base_url=base_url,
                            url=url, sealed=hand.ask("seal", CLIENT_KEY)["sealed"]))
    return {"app_id": app_name(app), "repository_id": repository_name(repository)}


def add_many_links(place, hand, apps, repositories, base_url="http://127.0.0.1:9"):
    """Unless make_repositories made them the repositories are not there: a fetch fails at once."""
    place.postgres.rows(sql("links", apps=apps, repositories=repositories, base_url=base_url,
                            url="file://%s/r" % (place.directory / "origins"),
                            sealed=hand.ask("seal", CLIENT_KEY)["sealed"]))


def start_receiver(place, *words):
    """A receiver that checks signatures and keeps nothing; returns it and its base URL."""
    port_file = place.directory / ("receiver-%d.port" % len(place.running))
    receiver = place.start("receiver", "--port", "0", "--port-file", port_file, "--key", CLIENT_KEY, "--quiet-bodies",
                           *words)
    await_true("the receiver", lambda: port_file.exists() or not receiver.is_running())
    if not receiver.is_running():
        raise Trouble("the receiver ended at its start: " + receiver.last_words())
    return receiver, "http://127.0.0.1:%d" % int(port_file.read_text())


def _ask_receiver(base_url, path, body=None):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    data = None if body is None else json.dumps(body).encode()
    with opener.open(urllib.request.Request(base_url + path, data, method="POST" if data else "GET")) as answer:
        return answer.read()


def tell_receiver(base_url, behaviour):
    _ask_receiver(base_url, "/_/behave", behaviour)


def receiver_stats(base_url):
    return json.loads(_ask_receiver(base_url, "/_/stats"))
