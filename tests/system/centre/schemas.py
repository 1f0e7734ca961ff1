#!/usr/bin/python3
"""The schemas are schemas, and the golden payloads of the unit tests and the examples of the README fit
them."""
import glob
import json
import os
import re
import sys

import jsonschema

sys.path.insert(0, os.path.dirname(__file__))
from centre import ROOT, schemas

TOPICS = {"event": "events", "evidence": "events", "period": "statistics", "minute": "statistics",
          "sample": "samples", "trend": "samples"}


def topic_of(message):
    if isinstance(message, list):
        return "acknowledge" if "ranges" in message[0] else None
    if "stream" in message and "records" in message:
        return TOPICS[message["stream"]]
    for member, topic in (("status", "status"), ("result", "reply"), ("id", "command"),
                          ("limits", "headroom")):
        if member in message:
            return topic
    return None


def main():
    validators = schemas()
    assert len(validators) == 11, sorted(validators)
    for validator in validators.values():
        jsonschema.Draft202012Validator.check_schema(validator.schema)
    checked = 0
    for path in glob.glob(os.path.join(ROOT, "tests/unit/payload/*.json")):
        with open(path) as file:
            payload = json.load(file)
        validators[topic_of(payload)].validate(payload)
        checked += 1
    assert checked >= 5
    with open(os.path.join(ROOT, "docs/payloads/README.md")) as file:
        examples = re.findall(r"```json\n(.*?)```", file.read(), re.S)
    seen = set()
    for example in examples:
        message = json.loads(example)
        topic = topic_of(message)
        if topic:
            validators[topic].validate(message)
            seen.add(topic)
    assert seen == {"samples", "statistics", "events", "status", "acknowledge", "command", "reply",
                    "headroom"}
    broken = {"v": 1, "id": "x", "verb": "help", "result": "refused"}
    assert list(validators["reply"].iter_errors(broken)), "a schema that refuses nothing"
    print("ok")


if __name__ == "__main__":
    main()
