"""What a Python file takes from another of ours is there: tests that run seldom, too, find what they import.

usage: check_python.py <root>
"""
import ast
import pathlib
import sys

import sources

PACKAGES = "tests/testing/python"


def defined(tree):
    """The names that a file gives to anything, wherever it does."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names


class Files:
    def __init__(self, root):
        self.root = root
        self.trees = {path: ast.parse(path.read_bytes(), str(path)) for path in sources.python_files(root)}

    def find(self, module, beside):
        """Our file of a module: beside the one that asks, in the packages, or the only one of its name."""
        part = module.replace(".", "/")
        for folder in (beside.parent, self.root / PACKAGES):
            for path in (folder / (part + ".py"), folder / part / "__init__.py"):
                if path in self.trees:
                    return path
        return next((path for path in self.trees if path.name == part + ".py"), None)

    def has(self, module, name, path):
        return name in defined(self.trees[path]) or self.find("%s.%s" % (module, name), path) is not None

    def missing_of_import(self, path, node):
        found = self.find(node.module, path)
        if found is None:
            return [] if is_foreign(node.module) else [node.module]
        return ["%s.%s" % (node.module, alias.name) for alias in node.names if not self.has(node.module, alias.name, found)]

    def missing(self, path):
        """(line, what) of each name that is not where it is taken from."""
        modules = {}  # names in this file that are files of ours
        for node in ast.walk(self.trees[path]):
            if isinstance(node, ast.ImportFrom):
                yield from ((node.lineno, name) for name in self.missing_of_import(path, node))
                modules.update((alias.asname or alias.name, self.find("%s.%s" % (node.module, alias.name), path))
                               for alias in node.names if "." not in node.module)
            elif isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names
                            if not is_foreign(alias.name) and self.find(alias.name, path) is None)
        for node in ast.walk(self.trees[path]):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                found = modules.get(node.value.id)
                if found is not None and node.attr not in defined(self.trees[found]):
                    yield node.lineno, "%s.%s" % (node.value.id, node.attr)


def is_foreign(module):
    return module.split(".")[0] in sys.stdlib_module_names


root = pathlib.Path(sys.argv[1])
try:
    files = Files(root)
except SyntaxError as error:
    sys.exit(sources.report(["%s:%s: %s" % (error.filename, error.lineno, error.msg)]))
sys.exit(sources.report(["%s:%d: there is no %s" % (path.relative_to(root), line, what)
                         for path in files.trees for line, what in files.missing(path)]))
