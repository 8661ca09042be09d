"""What tests of the rules read: programs of deploy/monitoring as modules, and YAML."""

import importlib.machinery
import importlib.util
import os

import yaml


def script(path):
    """A program without .py, as a module."""
    loader = importlib.machinery.SourceFileLoader(os.path.basename(path), path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


def load(path):
    with open(path, encoding="utf-8") as file:
        return yaml.safe_load(file)
