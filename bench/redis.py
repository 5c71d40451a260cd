"""A small client for Redis over a unix socket: commands in, replies as Python values out."""
import socket

PREFIX = "{reprise}"


class RedisError(Exception):
    pass


class Redis:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.reader = self.socket.makefile("rb")

    def close(self):
        self.reader.close()
        self.socket.close()

    def run(self, *words):
        parts = [str(word).encode() for word in words]
        self.socket.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts))
        return self._read()

    def _read(self):
        line = self.reader.readline().rstrip(b"\r\n")
        kind, rest = line[:1], line[1:]
        if kind == b"-":
            raise RedisError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self.reader.read(int(rest) + 2)[:-2].decode(errors="replace")
        if kind == b"*":
            return None if rest == b"-1" else [self._read() for _ in range(int(rest))]
        return rest.decode()

    def keys(self, pattern):
        cursor, found = "0", set()
        while True:
            cursor, page = self.run("SCAN", cursor, "MATCH", pattern, "COUNT", 1000)
            found.update(page)
            if cursor == "0":
                return sorted(found)

    def our_bytes(self, operation_id):
        """What all of Reprise's keys take, as Redis itself counts it, but for the hashes of other operations."""
        others = {key for key in self.keys(PREFIX + ":op:*") if not key.endswith(operation_id)}
        keys = set(self.keys(PREFIX + ":*")) - others
        return sum(self.run("MEMORY", "USAGE", key, "SAMPLES", 0) or 0 for key in keys)

    def used_bytes(self):
        for line in self.run("INFO", "memory").splitlines():
            if line.startswith("used_memory:"):
                return int(line.split(":")[1])
        raise RedisError("INFO names no used_memory")
