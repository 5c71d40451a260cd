"""What comments and documents cite is there: documents, their sections, and the paths of files.

usage: check_documents.py <root>

- A comment, or a text of a program, that names a document (docs/design.md, "Leases") names one that exists; where it names a
  section, the document has that heading. "The design" or "the domain rules" are no names.
- A document's links lead somewhere, and the paths and file names in it (between backticks, or in blocks of code) exist.
"""
import ast
import io
import pathlib
import re
import sys
import tokenize

import sources

ROOMS = ("common", "worker", "producer", "dashboard", "sql", "scripts", "cmake", "definitions", "prices", "tests", "bench", "examples",
         ".ci")
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "docs")
# Texts of programs reach people, so what these rooms say in strings counts as well.
SPEAKING = ("common", "worker", "producer", "dashboard")
C_PARTS = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|(/\*.*?\*/|//[^\n]*)', re.S)
LINE_COMMENT = {".sql": "--", ".lua": "--", ".sh": "#", ".cmake": "#", ".txt": "#", ".yaml": "#", ".yml": "#"}
CITED = re.compile(r'(?<![\w%/.$*<>{}-])((?:[\w.-]+/)*[\w-]+\.(?:md|pml))(?:, "([^"]+)")?')
VAGUE = re.compile(r"\b[Tt]he design\b|\(design,|\b[Dd]omain rules|\bthe specification\b")
RELEASED = "migrations"  # never edited: a database knows their checksums
LINK = re.compile(r"\]\(([^)\s]+)\)")
TICKED = re.compile(r"`([^`\n]+)`")
CODE_NAME = re.compile(r"[\w.-]+\.(?:c|h|sql|lua|py|sh|js|mjs|css|pml|cmake)")
PATH = re.compile(r"[\w.*-]+(?:/[\w.*-]+)*/?")
FENCE = re.compile(r"^```.*?^```", re.S | re.M)


def python_texts(text):
    """Comments and docstrings."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node):
            yield node.body[0].lineno, ast.get_docstring(node)


def c_texts(text, with_strings):
    for match in C_PARTS.finditer(text):
        if match.group(1) or (with_strings and match.group().startswith('"')):
            yield text.count("\n", 0, match.start()) + 1, match.group()


def texts_of(path, text, with_strings):
    """(line, comment) of each comment; with_strings: what the program says, too."""
    if path.suffix == ".py":
        yield from python_texts(text)
    elif path.suffix in (".c", ".h", ".js", ".mjs", ".css"):
        yield from c_texts(text, with_strings)
    elif path.suffix in LINE_COMMENT or path.suffix == "":
        mark = LINE_COMMENT.get(path.suffix, "#")
        for number, line in enumerate(text.splitlines(), 1):
            _, found, comment = line.partition(mark)
            if found:
                yield number, comment


def files_of(root, rooms):
    for room in rooms:
        place = root / room
        for path in [place] if place.is_file() else sorted(place.rglob("*")):
            if path.is_file() and not {"node_modules", "corpus"} & set(path.parts):
                yield path


def headings(path):
    return {line.lstrip("#").strip().replace("`", "") for line in path.read_text(encoding="utf-8").splitlines()
            if line.startswith("#")}


class Tree:
    def __init__(self, root):
        self.root = root
        self.top = {path.name for path in root.iterdir() if path.name not in ("build", ".git")}
        self.names = {path.name for path in files_of(root, (*ROOMS, *DOCUMENTS))}

    def document(self, name, beside=None):
        """The document of a citation: by its path from the root, from docs/, or from the one that cites it."""
        for place in (self.root, self.root / "docs", self.root / "docs" / "model", beside):
            if place is not None and (place / name).is_file():
                return place / name
        return None

    def has(self, path):
        return any(self.root.glob(path.rstrip("/"))) if "*" in path else (self.root / path).exists()


def comment_findings(tree, path):
    room = path.relative_to(tree.root).parts[0]
    text = path.read_text(encoding="utf-8", errors="replace")
    for number, comment in texts_of(path, text, room in SPEAKING):
        flat = re.sub(r"\s*\n[\s*#-]*", " ", comment)
        for name, section in CITED.findall(flat):
            document = tree.document(name)
            if document is None:
                yield number, "there is no document %s" % name
            elif section and section.replace("`", "") not in headings(document):
                yield number, "%s has no section \"%s\"" % (name, section)
        vague = VAGUE.search(flat)
        if vague and room != "tests" and path.parent.name != RELEASED:
            yield number, "\"%s\" is no document: name it, as docs/design.md" % vague.group()


def link_findings(path, text):
    for target in LINK.findall(text):
        file, _, anchor = target.partition("#")
        place = path.parent / file if file else path
        if re.match(r"[a-z]+:", target):
            continue
        if not place.exists():
            yield "its link %s leads nowhere" % target
        elif anchor and anchor not in {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings(place)}:
            yield "its link %s names no heading" % target


def word_findings(tree, word):
    """A word of a document between backticks, or of a block of code."""
    if CODE_NAME.fullmatch(word) and word not in tree.names:
        yield "there is no file %s" % word
    if PATH.fullmatch(word) and "/" in word and word.split("/")[0] in tree.top and not tree.has(word):
        yield "there is no %s" % word


def document_findings(tree, path):
    text = path.read_text(encoding="utf-8")
    yield from link_findings(path, text)
    prose = FENCE.sub("", text)
    code = [word for block in FENCE.findall(text) for word in block.split()]
    for words in [*TICKED.findall(prose), *code]:
        for word in words.split():
            yield from word_findings(tree, word.strip(",;:()[]'\""))
    for name, section in CITED.findall(prose):
        if section and tree.document(name, path.parent) and section.replace("`", "") not in headings(tree.document(name, path.parent)):
            yield "%s has no section \"%s\"" % (name, section)


def findings(root):
    tree = Tree(root)
    for path in files_of(root, ROOMS):
        for number, finding in comment_findings(tree, path):
            yield "%s:%d: %s" % (path.relative_to(root), number, finding)
    for path in files_of(root, DOCUMENTS):
        if path.suffix == ".md":
            for finding in document_findings(tree, path):
                yield "%s: %s" % (path.relative_to(root), finding)


if __name__ == "__main__":
    sys.exit(sources.report(list(findings(pathlib.Path(sys.argv[1]).resolve()))))
