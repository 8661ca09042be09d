"""deploy/compose.yaml as Compose reads it, and what the build says that it must hold."""

import json
import os
import re

import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
BUILD = os.environ.get("EDUDELTA_BUILD", os.path.join(ROOT, "build"))
DEPLOY = os.path.join(ROOT, "deploy")
FILES = "/etc/edudelta"


def load(secrets, version="test"):
    """The file with its variables filled in."""
    values = {"EDUDELTA_SECRETS": secrets, "EDUDELTA_VERSION": version, "EDUDELTA_REGISTRY": "localhost"}
    with open(os.path.join(DEPLOY, "compose.yaml"), encoding="utf-8") as file:
        text = re.sub(r"\$\{(\w+)(?::[-?][^}]*)?\}", lambda match: values[match[1]], file.read())
    return yaml.safe_load(text)


def services():
    """{service: peers whose addresses it needs}, as the build has it."""
    with open(os.path.join(BUILD, "services.json"), encoding="ascii") as file:
        return {one["name"]: set(one["peers"]) for one in json.load(file)}


def program(name):
    return os.path.join(BUILD, "gateway" if name == "gateway" else f"services/{name}", name)


def port(address):
    return int(address.rsplit(":", 1)[1])


def mounts(container):
    """[(source, target)] of what is not a volume, sources as paths."""
    pairs = [volume.split(":")[:2] for volume in container.get("volumes", [])]
    return [(os.path.normpath(os.path.join(DEPLOY, source)), target) for source, target in pairs if re.match(r"[./]", source)]
