"""Rows of the table: what was measured, what it is held against, and the verdict; printed and written as JSON."""
import json
import sys
import time

MET, MISSED, SHOWN, NOT_RUN = "met", "MISSED", "shown", "not run"
FORMAT = "%-34s %12s %-7s %-14s %12s %7s  %-8s %s"


class Row:
    def __init__(self, name, figure, unit, target=None, limit=None, ratio=None, note=""):
        """`target` is a pair such as ("<=", 20), in the unit of the figure, or against the ratio if it stands as
        ("ratio >=", 0.5). `limit` is what the same run measured without Reprise; None where there is no such thing."""
        self.name, self.figure, self.unit, self.target = name, figure, unit, target
        self.limit, self.ratio, self.note = limit, ratio, note
        self.verdict = self._judge()

    def _judge(self):
        if self.target is None:
            return SHOWN
        operator, bound = self.target
        value = self.ratio if operator.startswith("ratio") else self.figure
        tests = {">=": value >= bound, "<=": value <= bound, "<": value < bound}
        return MET if tests[operator.split()[-1]] else MISSED

    def as_json(self):
        return {"name": self.name, "figure": self.figure, "unit": self.unit,
                "target": None if self.target is None else "%s %s" % (self.target[0], self.target[1]),
                "limit": self.limit, "ratio": self.ratio, "verdict": self.verdict, "note": self.note}

    def as_line(self):
        target = "" if self.target is None else "%s %s" % (self.target[0], number(self.target[1]))
        ratio = "" if self.ratio is None else "%.2f" % self.ratio
        return FORMAT % (self.name, number(self.figure), self.unit, target, number(self.limit), ratio, self.verdict,
                         self.note)


class NotRun(Row):
    def __init__(self, name, reason):
        super().__init__(name, None, "", note=reason)
        self.verdict = NOT_RUN


def number(value):
    if value is None:
        return ""
    if abs(value) >= 1000 or value == int(value):
        return "{:,.0f}".format(value).replace(",", " ")
    return "%.2f" % value


def middle(values, share=0.5):
    """The value below which `share` of them lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Report:
    def __init__(self, machine, quick):
        self.machine, self.quick, self.rows = machine, quick, []
        print(", ".join("%s %s" % pair for pair in machine.items()))
        if quick:
            print("--quick: small sizes, to try the harness; the figures are not to be compared with the targets")
        print("\n" + FORMAT % ("what", "figure", "unit", "target", "limit", "ratio", "verdict", "note"))

    def add(self, row):
        self.rows.append(row)
        print(row.as_line())
        sys.stdout.flush()

    def write(self, directory):
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / time.strftime("%Y%m%dT%H%M%SZ.json", time.gmtime())
        document = {"machine": self.machine, "quick": self.quick, "rows": [row.as_json() for row in self.rows]}
        path.write_text(json.dumps(document, indent=1) + "\n")
        return path

    def missed(self):
        return [row.name for row in self.rows if row.verdict == MISSED]
