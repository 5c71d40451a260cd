#!/usr/bin/env python3
"""Gives an order's number its EAN-13 barcode: a line of JSON in, a line of JSON out."""
import json
import sys


def check_digit(digits):
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return str(-total % 10)


def handle(job, prefix):
    digits = prefix + job["key"].zfill(12 - len(prefix))
    if len(digits) != 12 or not digits.isdigit():
        return {"outcome": "failed", "error": "no order number: " + job["key"], "final": True}
    return {"outcome": "succeeded", "result": {"barcode": digits + check_digit(digits)}}


prefix = sys.argv[1]
for line in sys.stdin:
    message = json.loads(line)
    if "stop" in message:
        break
    if "job" in message:
        print(json.dumps({"done": {"seq": message["job"]["seq"], **handle(message["job"], prefix)}}), flush=True)
