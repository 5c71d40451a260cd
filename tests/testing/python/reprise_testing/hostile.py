"""Repositories that no git would make: objects and packs are written byte by byte, so that a few kilobytes hold more paths,
longer paths or larger files than any machine can take.
"""
import hashlib
import pathlib
import struct
import subprocess
import zlib

COMMIT, TREE, BLOB, REF_DELTA = 1, 2, 3, 7
KINDS = {COMMIT: b"commit", TREE: b"tree", BLOB: b"blob"}


def object_id(kind, content):
    return hashlib.sha1(b"%s %d\0" % (KINDS[kind], len(content)) + content).digest()


def tree(entries):
    """`entries`: (mode, name, id), in git's order."""
    return b"".join(b"%s %s\0" % (mode, name) + sha for mode, name, sha in entries)


def _varint(number):
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out + bytes([number]))


def delta(base_size, result_size, copies):
    """The difference that copies (offset, size) from its base, again and again."""
    out = _varint(base_size) + _varint(result_size)
    for offset, size in copies:
        out += b"\xff" + struct.pack("<I", offset) + struct.pack("<I", size)[:3]
    return out


class Pack:
    """A bare repository whose branch `trunk` is one pack."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        subprocess.run(["git", "init", "-q", "--bare", "-b", "trunk", str(self.directory)], check=True)
        self._entries = []

    @property
    def url(self):
        return "file://%s" % self.directory

    def _add(self, kind, size, payload, base=b""):
        head, rest = size & 15 | kind << 4, size >> 4
        out = bytearray()
        while rest:
            out.append(head | 0x80)
            head, rest = rest & 0x7F, rest >> 7
        self._entries.append(bytes(out + bytes([head])) + base + zlib.compress(payload, 9))

    def add(self, kind, content):
        self._add(kind, len(content), content)
        return object_id(kind, content)

    def add_delta(self, base, content_id, instructions):
        """An object whose id is known (there is no room to work it out here), as a difference to another."""
        self._add(REF_DELTA, len(instructions), instructions, base)
        return content_id

    def finish(self, root):
        """Writes the pack with a commit of this tree, and lets git index it."""
        commit = self.add(COMMIT, b"tree %s\nauthor A <a@example.org> 0 +0000\ncommitter A <a@example.org> 0 +0000\n\nx\n"
                          % root.hex().encode())
        data = b"PACK" + struct.pack(">II", 2, len(self._entries)) + b"".join(self._entries)
        data += hashlib.sha1(data).digest()
        place = self.directory / "objects" / "pack" / ("pack-%s.pack" % data[-20:].hex())
        place.write_bytes(data)
        subprocess.run(["git", "index-pack", str(place)], check=True, stdout=subprocess.DEVNULL)
        (self.directory / "refs" / "heads" / "trunk").write_text(commit.hex() + "\n")
        return self


def tree_bomb(directory, levels=20, width=10):
    """width^levels paths."""
    pack = Pack(directory)
    below = pack.add(BLOB, b"boom\n")
    mode = b"100644"
    for _ in range(levels):
        below = pack.add(TREE, tree([(mode, b"%03d" % number, below) for number in range(width)]))
        mode = b"40000"
    return pack.finish(below)


def path_bomb(directory, levels=20, name=20000, files=300):
    """A directory of files whose paths have levels * name bytes each."""
    pack = Pack(directory)
    blob = pack.add(BLOB, b"far\n")
    below = pack.add(TREE, tree([(b"100644", b"%04d" % number, blob) for number in range(files)]))
    for _ in range(levels):
        below = pack.add(TREE, tree([(b"40000", b"n" * name, below)]))
    near = pack.add(TREE, tree([(b"40000", b"far", below), (b"100644", b"near", blob)]))
    return pack.finish(near)


def wide_tree(directory, entries):
    """One directory of so many names."""
    pack = Pack(directory)
    blob = pack.add(BLOB, b"wide\n")
    return pack.finish(pack.add(TREE, tree([(b"100644", b"%08d" % number, blob) for number in range(entries)])))


def zeros_id(size):
    digest = hashlib.sha1(b"blob %d\0" % size)
    piece = bytes(1 << 20)
    for _ in range(size >> 20):
        digest.update(piece)
    digest.update(bytes(size & ((1 << 20) - 1)))
    return digest.digest()


def delta_bomb(directory, size):
    """A file of `size` zeros, as a difference that copies its base over and over."""
    pack = Pack(directory)
    base_size = 0xFFFFFF
    base = pack.add(BLOB, bytes(base_size))
    whole, rest = divmod(size, base_size)
    copies = [(0, base_size)] * whole + ([(0, rest)] if rest else [])
    bomb = pack.add_delta(base, zeros_id(size), delta(base_size, size, copies))
    small = pack.add(BLOB, b"small\n")
    return pack.finish(pack.add(TREE, tree([(b"100644", b"bomb", bomb), (b"100644", b"small", small)])))
