"""A connection to Redis over its unix socket: commands in, Python values out (RESP 2). One thread each."""
import socket

_TIMEOUT_S = 20.0


class RedisError(Exception):
    """What Redis answered with a minus sign."""


class Redis:
    def __init__(self, path):
        self._path = path
        self._socket = None
        self._file = None

    def close(self):
        for end in (self._file, self._socket):
            if end is not None:
                end.close()
        self._socket = self._file = None

    def __call__(self, *words):
        return self.pipeline([words])[0]

    def pipeline(self, commands):
        """All commands in one message; the answers in order. ConnectionError: what became of them is unknown."""
        try:
            if self._socket is None:
                self._connect()
            self._socket.sendall(b"".join(_encode(words) for words in commands))
            answers = [self._read() for _ in commands]
        except OSError as trouble:
            self.close()
            raise ConnectionError("redis: %s" % trouble) from trouble
        for answer in answers:
            if isinstance(answer, RedisError):
                raise answer
        return answers

    def hash(self, key):
        flat = self("HGETALL", key)
        return dict(zip(flat[::2], flat[1::2]))

    def transaction(self, commands):
        """MULTI … EXEC: one picture of several keys."""
        return self.pipeline([("MULTI",), *commands, ("EXEC",)])[-1]

    def _connect(self):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(_TIMEOUT_S)
        self._socket.connect(self._path)
        self._file = self._socket.makefile("rb")

    def _line(self):
        line = self._file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("closed")
        return line[:1], line[1:-2]

    def _read(self):
        mark, rest = self._line()
        if mark == b"+":
            return rest.decode()
        if mark == b"-":
            text = rest.decode()
            if text.startswith(("LOADING", "MASTERDOWN")):
                raise ConnectionError(text)
            return RedisError(text)
        if mark == b":":
            return int(rest)
        if mark == b"$":
            return None if rest == b"-1" else self._file.read(int(rest) + 2)[:-2].decode("utf-8", "surrogateescape")
        assert mark == b"*", (mark, rest)
        return None if rest == b"-1" else [self._read() for _ in range(int(rest))]


def _encode(words):
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        data = word if isinstance(word, bytes) else str(word).encode("utf-8", "surrogateescape")
        parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
    return b"".join(parts)
