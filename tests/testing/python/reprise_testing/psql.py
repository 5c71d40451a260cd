"""A connection to PostgreSQL: one psql that stays up, spoken to through its pipes. One thread each."""
import contextlib
import os
import subprocess
import tempfile

_COLUMN = "\x1f"
_ROW = "\x1e"


class SqlError(Exception):
    def __init__(self, sqlstate, message):
        super().__init__("%s: %s" % (sqlstate, message))
        self.sqlstate = sqlstate


class Psql:
    def __init__(self, directory, database="reprise"):
        self._command = ["psql", "-XAtqw", "-F", _COLUMN, "-R", _ROW, "-v", "VERBOSITY=verbose", "-h", directory,
                         "-U", "reprise", "-d", database]
        self._process = None
        self._errors = None
        self._asked = 0

    def close(self):
        if self._process is None:
            return
        process, self._process = self._process, None
        process.kill()
        process.wait()
        with contextlib.suppress(BrokenPipeError):  # what was still to be written
            process.stdin.close()
        process.stdout.close()
        self._errors.close()

    def rows(self, sql):
        """The rows of the last statement that gives any, as tuples of texts (null is ''). Several statements may
        stand in `sql`, each ended by a semicolon. ConnectionError: what became of them is unknown."""
        text, state = self._ask(sql)
        if state != "00000":
            self._errors.seek(0)
            raise SqlError(state, self._errors.read().decode(errors="replace")[-500:])
        return [tuple(row.split(_COLUMN)) for row in text.split(_ROW)] if text else []

    def value(self, sql):
        rows = self.rows(sql)
        return rows[0][0] if rows else None

    def number(self, sql):
        return int(self.value(sql) or 0)

    def execute(self, sql):
        self.rows(sql)

    def _start(self):
        self._errors = tempfile.TemporaryFile()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         stderr=self._errors, env=environment)

    def _ask(self, sql):
        if self._process is None:
            self._start()
        self._asked += 1
        mark = "\x1d%d " % self._asked
        try:
            self._process.stdin.write(("%s\n\\echo '%s':SQLSTATE\n" % (_ended(sql), mark)).encode())
            self._process.stdin.flush()
            return self._answer(mark)
        except OSError as trouble:
            self.close()
            raise ConnectionError("postgres: %s" % trouble) from trouble

    def _answer(self, mark):
        lines = []
        for line in self._process.stdout:
            line = line.decode(errors="surrogateescape")
            at = line.find(mark)
            if at >= 0:
                lines.append(line[:at])
                state = line[at + len(mark):].strip()
                if len(state) != 5 or state.startswith(("57P", "08")):  # none: the server went without a word
                    raise ConnectionError(state)
                return "".join(lines).rstrip("\n"), state
            lines.append(line)
        self._errors.seek(0)
        raise ConnectionError(self._errors.read().decode(errors="replace")[-300:])


def _ended(sql):
    sql = sql.strip()
    return sql if sql.endswith(";") else sql + ";"
