#!/usr/bin/env python3
"""Lays out the page as it is served: collect.py <source> <work> <out>.

<source> is this directory; <work> is where npm may work; <out> becomes the page: our own files, and in lib/ the three
libraries as ES modules, with their licences. The browser has no module resolution of its own, and the policy of the
page forbids an import map in it: where one library imports another by name, the name becomes a path.

--without-libraries leaves lib/ out: the API works then, and the page says what is missing.
"""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "cmake"))
import npm  # noqa: E402

MODULES = {
    "preact.js": "preact/dist/preact.mjs",
    "hooks.js": "preact/hooks/dist/hooks.mjs",
    "htm.js": "htm/dist/htm.mjs",
    "uplot.js": "uplot/dist/uPlot.esm.js",
    "uplot.css": "uplot/dist/uPlot.min.css",
}
PATH_OF = {"preact": "./preact.js", "preact/hooks": "./hooks.js", "htm": "./htm.js"}
LICENCES = {"preact": "preact/LICENSE", "htm": "htm/LICENSE", "uPlot": "uplot/LICENSE"}
OURS = (".html", ".css", ".js", ".svg")


def library(modules, path):
    text = (modules / path).read_text(encoding="utf-8")
    text = re.sub(r"^//# sourceMappingURL=.*$", "", text, flags=re.M)
    names = "|".join(map(re.escape, PATH_OF))
    return re.sub(r'\bfrom\s*"(%s)"' % names, lambda match: 'from"%s"' % PATH_OF[match.group(1)], text)


def licences(modules):
    return "\n".join("%s\n\n%s" % (name, (modules / path).read_text(encoding="utf-8")) for name, path in LICENCES.items())


def our_files(source):
    return [path for path in sorted(source.rglob("*"))
            if path.suffix in OURS and "node_modules" not in path.parts and path.is_file()]


def write(path, text):
    """Only where it differs: an unchanged page is not embedded again."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def lay_out(source, modules, out):
    files = {path.relative_to(source): path.read_text(encoding="utf-8") for path in our_files(source)}
    if modules is not None:
        files.update({pathlib.Path("lib") / name: library(modules, path) for name, path in MODULES.items()})
        files[pathlib.Path("lib/licences.txt")] = licences(modules)
    for name, text in files.items():
        write(out / name, text)
    for path in [path for path in out.rglob("*") if path.is_file() and path.relative_to(out) not in files]:
        path.unlink()


def main():
    words = sys.argv[1:]
    source, work, out = (pathlib.Path(word) for word in words if not word.startswith("--"))
    try:
        modules = None if "--without-libraries" in words else npm.fetch(source, work)
    except npm.Unfetched as trouble:
        sys.exit("page: %s\nTo build without them: cmake -DREPRISE_PAGE=OFF" % trouble)
    lay_out(source, modules, out)


main()
