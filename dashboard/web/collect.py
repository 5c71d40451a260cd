#!/usr/bin/env python3
"""Lays out the page as it is served: collect.py <source> <work> <out>.

<source> is this directory; <work> is where npm may work; <out> becomes the page: index.html, and in assets/ its modules and
style sheets as few files, bundled by esbuild, whose names hold a digest of their content: a browser never asks for them again,
and a first visit takes three turns with the server, however far away it is. What index.html needs at once is named in it, so
that the browser fetches it all together; the charts come when one is drawn.

--without-libraries leaves out all that npm gives: the API works then, and the page says what is missing.
"""
import json
import pathlib
import re
import shutil
import subprocess
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
STYLE = re.compile(r'^<link rel="stylesheet" href="([^"]+)">\n', re.M)
SCRIPT = '<script type="module" src="main.js"></script>\n'
BUNDLED = ("--bundle", "--splitting", "--format=esm", "--minify", "--target=es2022", "--charset=utf8", "--legal-comments=none",
           "--entry-names=[name]-[hash]", "--chunk-names=[name]-[hash]", "--log-level=warning")


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


def write_all(out, files):
    """These files, and no others."""
    for name, text in files.items():
        write(out / name, text)
    for path in [path for path in out.rglob("*") if path.is_file() and path.relative_to(out) not in files]:
        path.unlink()


def bundle(work, files, modules):
    """The files of assets/ by name, and esbuild's account of them."""
    stage, made = work / "stage", work / "made"
    shutil.rmtree(made, ignore_errors=True)
    sheets = STYLE.findall(files[pathlib.Path("index.html")])
    entry = "".join('@import "./%s";\n' % sheet for sheet in sheets)
    write_all(stage, {**files, pathlib.Path("page.css"): entry})
    tool = next((modules / "@esbuild").glob("*/bin/esbuild"))
    subprocess.run([tool, "main.js", "page.css", *BUNDLED, "--outdir=%s" % made, "--metafile=%s" % (work / "account.json")],
                   cwd=stage, check=True, timeout=120)
    account = json.loads((work / "account.json").read_text(encoding="utf-8"))["outputs"]
    return ({pathlib.Path("assets") / path.name: path.read_text(encoding="utf-8") for path in made.iterdir()},
            {pathlib.Path(path).name: about for path, about in account.items()})


def needed_at_once(account, name):
    """`name` with all that it imports, and with what it is there to load: the page itself."""
    found, left = [], [name]
    while left:
        one = left.pop()
        if one in found:
            continue
        found.append(one)
        of_page = account[one].get("entryPoint") == "main.js"
        left += [pathlib.Path(part["path"]).name for part in account[one]["imports"]
                 if part["kind"] == "import-statement" or of_page]
    return found


def index(text, account):
    """index.html with the names of the bundles."""
    entry = {about["entryPoint"]: name for name, about in account.items() if "entryPoint" in about}
    lines = '<link rel="stylesheet" href="assets/%s">\n' % entry["page.css"]
    lines += "".join('<link rel="modulepreload" href="assets/%s">\n' % name
                     for name in needed_at_once(account, entry["main.js"])[1:])
    lines += '<script type="module" src="assets/%s"></script>\n' % entry["main.js"]
    return STYLE.sub("", text).replace(SCRIPT, lines)


def lay_out(source, work, modules, out):
    files = {path.relative_to(source): path.read_text(encoding="utf-8") for path in our_files(source)}
    if modules is None:
        write_all(out, files)
        return
    files.update({pathlib.Path("lib") / name: library(modules, path) for name, path in MODULES.items()})
    assets, account = bundle(work, files, modules)
    page = pathlib.Path("index.html")
    write_all(out, {page: index(files[page], account), pathlib.Path("icon.svg"): files[pathlib.Path("icon.svg")],
                    pathlib.Path("lib/licences.txt"): licences(modules), **assets})


def main():
    words = sys.argv[1:]
    source, work, out = (pathlib.Path(word).resolve() for word in words if not word.startswith("--"))
    try:
        modules = None if "--without-libraries" in words else npm.fetch(source, work)
    except npm.Unfetched as trouble:
        sys.exit("page: %s\nTo build without them: cmake -DREPRISE_PAGE=OFF" % trouble)
    lay_out(source, work, modules, out)


main()
