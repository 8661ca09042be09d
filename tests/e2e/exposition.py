"""Prometheus' text format 0.0.4, read strictly: what a scraper forgives is an error here."""

import collections
import math
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"'
LABELS = re.compile(LABEL)
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)?,?\}})? ([Nn]a[Nn]|[+-]Inf|[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)(?: -?[0-9]+)?")
SUFFIXES = {"counter": [""], "gauge": [""], "histogram": ["_bucket", "_sum", "_count"], "summary": ["", "_sum", "_count"]}


class Malformed(AssertionError):
    pass


def must(holds, what, line):
    if not holds:
        raise Malformed(f"{what}: {line!r}")


class Page:
    """`types` and `helps` by family; `samples`: (sample name, frozenset of label pairs) -> value."""

    def __init__(self, text):
        self.types, self.helps, self.samples = {}, {}, {}
        must(text.endswith("\n"), "the last line has an end", text[-80:])
        family = None
        for line in text[:-1].split("\n"):
            if line.startswith("# HELP "):
                name, _, words = line[7:].partition(" ")
                must(re.fullmatch(NAME, name) and name not in self.helps, "a family is described once", line)
                must(words.strip(), "a description says something", line)
                self.helps[name], family = words, name
            elif line.startswith("# TYPE "):
                name, _, kind = line[7:].partition(" ")
                must(name == family and name not in self.types, "a type follows its description", line)
                must(kind in SUFFIXES, "a known type", line)
                self.types[name] = kind
            else:
                self._sample(line, family)
        for name in self.helps:
            must(name in self.types, "a family has a type", name)
        self._check_histograms()

    def _sample(self, line, family):
        match = SAMPLE.fullmatch(line)
        must(match, "a sample", line)
        must(family in self.types, "a sample has a type before it", line)
        name, value = match[1], float(match[match.lastindex])
        pairs = LABELS.findall(match[2] or "")
        must(name in {family + suffix for suffix in SUFFIXES[self.types[family]]}, "a sample stands with its family", line)
        must(len(dict(pairs)) == len(pairs), "a label once", line)
        key = (name, frozenset(pairs))
        must(key not in self.samples, "a series once", line)
        if self.types[family] == "counter":
            must(name.endswith("_total"), "a counter ends in _total", line)
            must(math.isfinite(value) and value >= 0, "a counter counts", line)
        self.samples[key] = value

    def _check_histograms(self):
        buckets = collections.defaultdict(list)
        for (name, labels), value in self.samples.items():
            if name.endswith("_bucket"):
                rest = frozenset(pair for pair in labels if pair[0] != "le")
                buckets[name.removesuffix("_bucket"), rest].append((float(dict(labels)["le"]), value))
        for (name, labels), found in buckets.items():
            found.sort()
            values = [value for _, value in found]
            must(values == sorted(values), "buckets add up", name)
            must(found[-1] == (math.inf, self.samples[name + "_count", labels]), "the last bucket is all", name)
            must((name + "_sum", labels) in self.samples, "a histogram has its sum", name)

    def value(self, name, **labels):
        """Nought before a series is first counted."""
        must(any(name in {family + suffix for suffix in SUFFIXES[kind]} for family, kind in self.types.items()), "a known sample", name)
        return self.samples.get((name, frozenset(labels.items())), 0.0)

    def series(self, name):
        """{labels as dict items: value}"""
        return {labels: value for (its, labels), value in self.samples.items() if its == name}
