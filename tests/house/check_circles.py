"""No circle of includes: within a room, what a module (its .c and .h together) includes never leads back to it.

usage: check_circles.py <root>

A circle means that none of its files can be read, tested or moved without the others. A private header is a module of
its own.
"""
import pathlib
import re
import sys

import sources

ROOMS = ("common", "worker", "producer", "dashboard")
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.M)


def module_of(relative):
    return relative.rsplit(".", 1)[0]


def arrows(root):
    """{module: the modules that it includes}"""
    known = {}
    for path in sources.c_files(root, ROOMS):
        module = module_of(path.relative_to(root).as_posix())
        targets = {module_of(header) for header in INCLUDE.findall(path.read_text(encoding="utf-8"))}
        known.setdefault(module, set()).update(targets - {module})
    return {module: sorted(targets & known.keys()) for module, targets in known.items()}


def circles(graph):
    """The strongly connected parts of more than one module (Tarjan's, without recursion)."""
    index, low, on_stack, stack, found = {}, {}, set(), [], []
    for start in sorted(graph):
        if start in index:
            continue
        work = [(start, iter(graph[start]))]
        index[start] = low[start] = len(index)
        stack.append(start)
        on_stack.add(start)
        while work:
            module, targets = work[-1]
            target = next(targets, None)
            if target is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[module])
                if low[module] == index[module]:
                    part = []
                    while not part or part[-1] != module:
                        part.append(stack.pop())
                        on_stack.discard(part[-1])
                    if len(part) > 1:
                        found.append(sorted(part))
            elif target not in index:
                index[target] = low[target] = len(index)
                stack.append(target)
                on_stack.add(target)
                work.append((target, iter(graph[target])))
            elif target in on_stack:
                low[module] = min(low[module], index[target])
    return found


if __name__ == "__main__":
    tree = pathlib.Path(sys.argv[1])
    sys.exit(sources.report(["a circle of %d: %s" % (len(part), ", ".join(part)) for part in circles(arrows(tree))]))
