"""Reads lines that a unit test wrote and holds them against Python itself; prints what differs and fails then.

    ratio <a as hex of UTF-8> <b> <the ratio, %.17g>      difflib's ratio of the two as they stand
    lower <text> <lower-cased>                            str.lower()
    words <text> <count>                                  str.split()
"""
import difflib
import sys
import unicodedata

UNICODE = "14.0.0"  # of lower_table.c
OLD_AND_SETTLED = 0x0530  # Latin, Greek, Cyrillic: no Unicode version adds anything below


def text_of(word):
    return bytes.fromhex(word[1:]).decode("utf-8")


def is_comparable(text):
    return unicodedata.unidata_version == UNICODE or all(ord(character) < OLD_AND_SETTLED for character in text)


def fault_of(kind, fields):
    if kind == "ratio":
        expected = difflib.SequenceMatcher(None, text_of(fields[0]), text_of(fields[1])).ratio()
        return None if float(fields[2]) == expected else expected
    text = text_of(fields[0])
    if kind == "words":
        return None if int(fields[1]) == len(text.split()) else len(text.split())
    expected = text.lower()
    return None if text_of(fields[1]) == expected or not is_comparable(text) else expected.encode().hex()


faults = lines = 0
for number, line in enumerate(open(sys.argv[1], encoding="ascii"), 1):
    kind, *fields = line.split()
    fault = fault_of(kind, fields)
    lines += 1
    if fault is not None:
        faults += 1
        print("line %d: Python has %s: %s" % (number, fault, line.strip()[:500]))
print("%d lines, %d differ" % (lines, faults))
sys.exit(1 if faults or not lines else 0)
