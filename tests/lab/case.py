"""A test as a program: says in one sentence what failed, and what was seen when it did not."""
import sys

from lab.processes import Failure, Lab


def check(condition, sentence):
    if not condition:
        raise Failure(sentence)


def run_case(case, *arguments):
    try:
        with Lab() as lab:
            case(lab, *arguments)
    except Failure as reason:
        print(f"FAILED: {reason}", file=sys.stderr)
        sys.exit(1)
    print("ok", file=sys.stderr)
