"""Answers questions about the official Python SDK: a question per line on stdin, an answer per line on stdout, both JSON.

    play       a case on the SDK's own server             reference.py
    check      values that the Rust server sent           schema.py
    read       bodies: which of them the SDK would take   schema.py
    fold       events: what a client shows after them     reducer.py
    inventory  what the SDK's protocol consists of        schema.py
    diff       two widgets: the SDK's own updates         reference.py
    template   a .widget file and data: what it renders   reference.py
"""

import asyncio
import json
import logging
import sys
import traceback

import reducer
import reference
import schema

QUESTIONS = {
    "play": reference.play,
    "check": schema.check,
    "read": schema.read,
    "fold": reducer.fold,
    "inventory": schema.inventory,
    "diff": reference.diff,
    "template": reference.template,
}


async def answer(question):
    result = QUESTIONS[question["ask"]](question)
    return await result if asyncio.iscoroutine(result) else result


def main():
    logging.disable(logging.CRITICAL)
    with asyncio.Runner() as runner:
        for line in sys.stdin:
            try:
                reply = {"ok": runner.run(answer(json.loads(line)))}
            except Exception:  # noqa: BLE001 - whatever it was, the test that asked is to see it
                reply = {"failed": traceback.format_exc()}
            print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
