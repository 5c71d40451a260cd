"""A small client for PostgreSQL's wire protocol over a unix socket: simple queries, text results, trust authentication.

The standard library has none, and starting psql for each look would cost more than what is measured.
"""
import pathlib
import socket
import struct
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "cmake"))

from embed_sql import statement as embedded  # noqa: E402

SQL = pathlib.Path(__file__).resolve().parent / "sql"


class PostgresError(Exception):
    pass


def sql(name, **values):
    """The text of bench/sql/<name>.sql, with each :name: replaced by its value as a literal."""
    text = (SQL / (name + ".sql")).read_text()
    for key, value in values.items():
        literal = str(value) if isinstance(value, (int, float)) else "'%s'" % str(value).replace("'", "''")
        text = text.replace(":%s:" % key, literal)
    return text


def statement(name):
    """A statement of the programs, "queue/settle_fence", in one line."""
    return " ".join(embedded(ROOT / "sql", name).split())


class Postgres:
    def __init__(self, socket_directory, database="reprise", user="reprise", options="-c search_path=reprise,public"):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect("%s/.s.PGSQL.5432" % socket_directory)
        self.buffer = b""
        pairs = {"user": user, "database": database, "options": options, "application_name": "bench"}
        body = b"".join(k.encode() + b"\0" + v.encode() + b"\0" for k, v in pairs.items()) + b"\0"
        self.socket.sendall(struct.pack("!ii", len(body) + 8, 196608) + body)
        self._read_until_ready()

    def close(self):
        self.socket.close()

    def rows(self, text):
        """The rows of the last statement of `text`, values as text or None."""
        body = text.encode() + b"\0"
        self.socket.sendall(b"Q" + struct.pack("!i", len(body) + 4) + body)
        return self._read_until_ready()

    def row(self, text):
        rows = self.rows(text)
        return rows[0] if rows else None

    def value(self, text):
        row = self.row(text)
        return row[0] if row else None

    def number(self, text):
        return float(self.value(text) or 0)

    def _message(self):
        while True:
            if len(self.buffer) >= 5:
                length = struct.unpack("!i", self.buffer[1:5])[0]
                if len(self.buffer) > length:
                    kind, body = self.buffer[:1], self.buffer[5:length + 1]
                    self.buffer = self.buffer[length + 1:]
                    return kind, body
            more = self.socket.recv(65536)
            if not more:
                raise PostgresError("PostgreSQL closed the connection")
            self.buffer += more

    def _read_until_ready(self):
        rows, trouble = [], None
        while True:
            kind, body = self._message()
            if kind == b"T":
                rows = []
            elif kind == b"D":
                rows.append(_read_row(body))
            elif kind == b"E":
                trouble = _read_error(body)
            elif kind == b"Z":
                if trouble:
                    raise PostgresError(trouble)
                return rows


def _read_row(body):
    count, at, values = struct.unpack("!h", body[:2])[0], 2, []
    for _ in range(count):
        length = struct.unpack("!i", body[at:at + 4])[0]
        at += 4
        values.append(None if length < 0 else body[at:at + length].decode())
        at += max(length, 0)
    return tuple(values)


def _read_error(body):
    fields = {part[:1]: part[1:].decode() for part in body.split(b"\0") if part}
    return "%s: %s" % (fields.get(b"C", "?"), fields.get(b"M", "?"))
