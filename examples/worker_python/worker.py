#!/usr/bin/env python3
"""A worker of docs/worker-protocol.md in Python, with nothing but the standard library.

    bpi-perf worker examples/worker_python/worker.py

A case is a class: `doc`, `item`, `params` (name -> values), a constructor that is the set-up, `run`
that does one item, `check` that says whether the answer was right. Put yours into CASES.
"""
import bisect
import hashlib
import json
import os
import random
import sys
from time import perf_counter_ns


class Sort:
    """Sort a list of distinct integers that is shuffled, or in order already."""

    item = "list"
    params = {"count": "1000,10000", "order": "shuffled,sorted"}

    def __init__(self, args, seed):
        count = int(args["count"])
        if not 1 <= count <= 10_000_000:
            raise ValueError(f"count: {count} is not between 1 and 10000000")
        self.expected = list(range(count))
        self.data = list(self.expected)
        if args["order"] == "shuffled":
            random.Random(seed).shuffle(self.data)
        elif args["order"] != "sorted":
            raise ValueError(f"order: {args['order']} is neither shuffled nor sorted")
        self.bytes_per_item = 0
        self.answer = None

    def run(self):
        self.answer = sorted(self.data)

    def check(self):
        return self.answer == self.expected


class Sha256:
    """SHA-256 of a message with hashlib."""

    item = "message"
    params = {"size": "1024,65536"}

    def __init__(self, args, seed):
        size = int(args["size"])
        if not 0 <= size <= 1 << 30:
            raise ValueError(f"size: {size} is not between 0 and {1 << 30}")
        self.message = random.Random(seed).randbytes(size)
        self.bytes_per_item = size
        self.answer = None

    def run(self):
        self.answer = hashlib.sha256(self.message).digest()

    def check(self):
        pieces = hashlib.sha256()
        for at in range(0, len(self.message), 1000):
            pieces.update(self.message[at:at + 1000])
        vector = hashlib.sha256(b"abc").hexdigest()
        return self.answer == pieces.digest() and vector.startswith("ba7816bf8f01cfea414140de")


class Bisect:
    """Find a number in a sorted list of even numbers."""

    item = "search"
    params = {"count": "1000000"}

    def __init__(self, args, seed):
        self.list = list(range(0, 2 * int(args["count"]), 2))
        self.wanted = 2 * random.Random(seed).randrange(len(self.list))
        self.bytes_per_item = 0
        self.answer = None

    def run(self):
        self.answer = bisect.bisect_left(self.list, self.wanted)

    def check(self):
        return self.list[self.answer] == self.wanted


CASES = {"python/sort": Sort, "python/sha256": Sha256, "python/bisect": Bisect}


class Refusal(Exception):
    """A request that cannot be done: a code of base/err.h and a sentence."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


def clock_of():
    """The cost of one reading of the clock and its smallest step, in ns."""
    steps = []
    for _ in range(1000):
        start = perf_counter_ns()
        steps.append(perf_counter_ns() - start)
    return sorted(steps)[len(steps) // 2], min((step for step in steps if step > 0), default=1)


class Worker:
    def __init__(self):
        self.case = None
        self.clock_cost, self.clock_step = clock_of()

    def hello(self, request):
        if request.get("protocol") != 1:
            raise Refusal("EUNSUPPORTED", "this worker speaks protocol 1")
        return {"protocol": 1, "name": "python example", "language": "Python", "references": False,
                "clock": "monotonic", "clock_cost_ns": self.clock_cost,
                "clock_resolution_ns": self.clock_step}

    def list(self, _request):
        return {"cases": [
            {"name": name, "doc": case.__doc__, "item": case.item,
             "params": [{"name": param, "values": values}
                        for param, values in case.params.items()]}
            for name, case in CASES.items()]}

    def open(self, request):
        if self.case:
            raise Refusal("EINVALID", "a case is open already")
        kind = CASES.get(request.get("case"))
        if not kind:
            raise Refusal("ENOTFOUND", f"there is no case {request.get('case')}")
        if request.get("threads", 1) != 1:
            raise Refusal("EUNSUPPORTED", "this worker runs one thread")
        args = {name: values.split(",")[0] for name, values in kind.params.items()}
        given = request.get("args", {})
        for name in given.keys() - args.keys():
            raise Refusal("ENOTFOUND", f"{request['case']} has no parameter {name}")
        try:
            self.case = kind({**args, **given}, request.get("seed", 1))
        except ValueError as error:
            raise Refusal("EINVALID", str(error)) from None
        return {"bytes_per_item": self.case.bytes_per_item}

    def opened(self):
        if not self.case:
            raise Refusal("EINVALID", "no case is open")
        return self.case

    def run(self, request):
        run = self.opened().run
        times = []
        for count in request["counts"]:
            items = range(count)
            start = perf_counter_ns()
            for _ in items:
                run()
            times.append(max(0, perf_counter_ns() - start - self.clock_cost))
        return {"ns": times}

    def check(self, _request):
        if not self.opened().check():
            raise Refusal("EWRONG", "the answer is wrong")
        return {}

    def close(self, _request):
        self.opened()
        self.case = None
        return {}

    def quit(self, _request):
        return {}

    def answer(self, request):
        if request.get("op") not in ("hello", "list", "open", "run", "check", "close", "quit"):
            raise Refusal("EUNSUPPORTED", f"this worker has no {request.get('op')}")
        return getattr(self, request["op"])(request)


def main():
    if sys.argv[-1] != "--worker":
        sys.exit(f"usage: bpi-perf worker {sys.argv[0]}")
    replies = os.fdopen(os.dup(1), "w")  # what a case prints goes to standard error
    os.dup2(2, 1)
    worker = Worker()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = {"ok": True, **worker.answer(request)}
        except Refusal as refusal:
            reply = {"ok": False, "error": str(refusal), "code": refusal.code}
        print(json.dumps(reply), file=replies, flush=True)
        if request.get("op") == "quit":
            break


if __name__ == "__main__":
    main()
