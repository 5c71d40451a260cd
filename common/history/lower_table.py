#!/usr/bin/env python3
"""Writes lower_table.c from the Unicode data of the Python that runs it: lower_table.py > lower_table.c

What a character does in str.lower() is asked of str.lower() itself, so that the table is what we promise to equal.
"""
import argparse
import sys
import unicodedata

CODES = [code for code in range(0x110000) if not 0xD800 <= code <= 0xDFFF]
SPECIAL = {0x130}  # the one that becomes two characters


def final_after(text):
    return (text + "\u03a3").lower().endswith("\u03c2")


def ranges_of(codes):
    ranges = []
    for code in codes:
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return ranges


def shifts():
    """Runs of upper-case letters with the same way to the lower one, each or every second code."""
    runs = []
    for code in CODES:
        lower = chr(code).lower()
        if lower == chr(code) or code in SPECIAL:
            continue
        assert len(lower) == 1
        shift = ord(lower) - code
        last = runs[-1] if runs else None
        step = code - last["to"] if last else 0
        if last and last["shift"] == shift and step in (1, 2) and last["step"] in (0, step):
            last["to"], last["step"] = code, step
        else:
            runs.append({"from": code, "to": code, "step": 0, "shift": shift})
    return runs


def rows(items, width=118):
    line = "   "
    for item in items:
        if len(line) + len(item) + 2 > width:
            yield line
            line = "   "
        line += " " + item + ","
    yield line


def table(kind, name, items):
    return "const struct %s %s[] = {\n%s\n};\nconst size_t %s_count = %d;\n" % (
        kind, name, "\n".join(rows(items)), name, len(items))


argparse.ArgumentParser(description=__doc__).parse_args()
cased = [code for code in CODES if final_after(chr(code))]
skipped = [code for code in CODES if final_after("A" + chr(code)) and not final_after(chr(code))]
print("/* Unicode %s. Written by lower_table.py: change that, not this. */" % unicodedata.unidata_version)
print('#include "common/history/lower.h"\n\n/* clang-format off */')
print(table("lower_shift", "lower_shifts", ["{0x%X, 0x%X, %d, %d}" % (
    run["from"], run["to"], run["step"] or 1, run["shift"]) for run in shifts()]))
print(table("lower_range", "lower_cased", ["{0x%X, 0x%X}" % tuple(pair) for pair in ranges_of(cased)]))
sys.stdout.write(table("lower_range", "lower_skipped", ["{0x%X, 0x%X}" % tuple(pair) for pair in ranges_of(skipped)]))
