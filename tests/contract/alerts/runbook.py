"""Sections and commands of deploy/monitoring/runbook.md."""

import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
PARTS = ["含义", "影响", "先看", "处置", "何时升级"]
MOST_COMMANDS = 3


def sections():
    """{alert: (its parts in order, its commands)}"""
    with open(os.path.join(ROOT, "deploy", "monitoring", "runbook.md"), encoding="utf-8") as file:
        text = file.read()
    found = {}
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        name, _, body = section.partition("\n")
        if name in found:
            raise AssertionError(f"two sections {name}")
        found[name] = (re.findall(r"^\*\*(.+?)\*\*", body, re.MULTILINE), re.findall(r"^    (.+)$", body, re.MULTILINE))
    return found
