#!/usr/bin/env python3
"""Embeds the web page: embed_web.py <page directory> <out-dir>.

Every file of the directory (dashboard/web/CMakeLists.txt lays it out) becomes bytes of the program, with its type, a digest
as its ETag, and a gzipped form where that is smaller.
"""
import gzip
import hashlib
import pathlib
import sys

TYPES = {
    ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".json": "application/json", ".png": "image/png",
    ".ico": "image/x-icon", ".woff2": "font/woff2", ".txt": "text/plain; charset=utf-8",
}

web, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])


def array(name, data):
    rows = (", ".join("%d" % byte for byte in data[i:i + 32]) for i in range(0, len(data), 32))
    return "static const unsigned char %s[] = {\n%s};\n" % (name, ",\n".join(rows))


files = [("/" + path.relative_to(web).as_posix(), path) for path in sorted(web.rglob("*")) if path.is_file()]
body, rows = ['#include "dashboard/web.h"', ""], []
for number, (path, source) in enumerate(files):
    data = source.read_bytes()
    packed = gzip.compress(data, 9, mtime=0)
    use = len(packed) < len(data)
    body.append(array("plain_%d" % number, data or b"\n"))
    if use:
        body.append(array("packed_%d" % number, packed))
    rows.append('    {"%s", "%s", "\\"%s\\"", plain_%d, %d, %s, %d},' % (
        path, TYPES[source.suffix], hashlib.sha256(data).hexdigest()[:20], number, len(data),
        "packed_%d" % number if use else "NULL", len(packed) if use else 0))
rows.append("    {NULL, NULL, NULL, NULL, 0, NULL, 0},")
body += ["const struct web_file web_files[] = {"] + rows + ["};"]
out.mkdir(parents=True, exist_ok=True)
(out / "web.c").write_text("\n".join(body) + "\n")
