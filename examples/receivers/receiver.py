"""A client app: keeps the files that Reprise sends, below DIRECTORY/<repository>/ (docs/receiver.md). Standard library only.
usage: RECEIVER_KEY=… python3 receiver.py PORT DIRECTORY"""
import base64, hashlib, hmac, http.server, json, os, pathlib, sys, time  # noqa: E401

KEY, ROOT = os.environ["RECEIVER_KEY"].encode(), pathlib.Path(sys.argv[2]).resolve()

def place(event):
    home = ROOT / os.path.basename(event["repository"]["repository_id"])
    path = pathlib.Path(os.path.normpath(home / event["file"]["path"]))
    if home not in path.parents:
        raise ValueError("the path leads out of its repository: %s" % path)
    return path

def keep(event):  # create and update; what is there already is replaced, and a file appears when it is complete
    path, file = place(event), event["file"]
    chunk = file.get("chunk", {"index": 0, "total": 1})
    part = ROOT / (hashlib.sha256(bytes(path)).hexdigest() + ".part")
    with part.open("ab" if chunk["index"] else "wb") as out:  # pieces come in order; a new attempt begins with the first
        out.write(base64.b64decode(file["content"]) if "content_encoding" in file else file["content"].encode())
    if chunk["index"] + 1 == chunk["total"]:
        if hashlib.sha256(part.read_bytes()).hexdigest() != file["sha"]:
            raise ValueError("a piece is missing")
        path.parent.mkdir(parents=True, exist_ok=True)
        part.replace(path)

def delete(event):  # succeeds also where the file is not there
    path = place(event)
    path.unlink(missing_ok=True)
    try:
        while (path := path.parent) != ROOT:
            path.rmdir()
    except OSError:
        pass  # the folder holds other files

VERBS = {"/create": keep, "/update": keep, "/delete": delete, "/sync_failed": lambda event: print(event["error"], flush=True)}

class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept alive

    def do_POST(self):
        body, stamp = self.rfile.read(int(self.headers["Content-Length"])), self.headers["X-Docora-Timestamp"]
        signature = "sha256=" + hmac.new(KEY, stamp.encode() + b"." + body, "sha256").hexdigest()
        if not hmac.compare_digest(signature, self.headers["X-Docora-Signature"]) or abs(time.time() - int(stamp)) > 300:
            return self.answer(401, "unknown sender")
        try:
            VERBS[self.path](json.loads(body))
            self.answer(200)
        except Exception as trouble:  # Reprise shows the answer in the link's last error, and tries again
            self.answer(500, str(trouble))

    def answer(self, status, text=""):
        self.send_response(status)
        self.send_header("Content-Length", len(text.encode()))
        self.end_headers()
        self.wfile.write(text.encode())

ROOT.mkdir(parents=True, exist_ok=True)
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver)
print("listening on port %d" % server.server_port, flush=True)
server.serve_forever()
