"""Metric families: those that the code declares, and those that expressions ask for."""

import glob
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
OURS = r"(?:edudelta|grpc_server|process)_[a-z0-9_]+"
# Of Prometheus itself.
SCRAPER = {"up", "scrape_duration_seconds", "ALERTS"}


def declared():
    """Every name that stands as a literal in the code of services and gateway."""
    found = set()
    for folder in ("services", "gateway"):
        for path in glob.glob(os.path.join(ROOT, folder, "**", "*.cc"), recursive=True):
            if not path.endswith("_test.cc"):
                with open(path, encoding="utf-8") as file:
                    found |= set(re.findall(rf'"({OURS})"', file.read()))
    return found


def used(expression):
    """Families of ours in an expression. What a rule records has colons, and counts in `recorded`."""
    text = re.sub(r'"[^"]*"', '""', expression)
    names = set(re.findall(rf"(?<![\w:]){OURS}(?![\w:])", text))
    return {re.sub(r"_(bucket|count|sum)$", "", name) if re.search(r"_seconds_(bucket|count|sum)$", name) else name for name in names}


def recorded(expression):
    return set(re.findall(r"edudelta:[a-z0-9_:]+", expression))
