"""An image as an OCI archive, and its bills of materials."""

import datetime
import json
import os
import re
import tarfile

LIMIT = 25_000_000


class Archive:
    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        with tarfile.open(os.path.join(folder, name + ".tar")) as tar:
            def blob(descriptor):
                return tar.extractfile("blobs/" + descriptor["digest"].replace(":", "/"))

            (self.manifest,) = json.load(tar.extractfile("index.json"))["manifests"]
            image = json.load(blob(self.manifest))
            self.layers, self.config = image["layers"], json.load(blob(image["config"]))
            self.files, self.control = {}, {}
            for layer in self.layers:
                with tarfile.open(fileobj=blob(layer), mode="r:gz") as files:
                    for member in files:
                        self.files[member.name] = member
                        if os.path.dirname(member.name) == "var/lib/dpkg/status.d":
                            self._read_control(files.extractfile(member).read().decode())

    def _read_control(self, text):
        fields = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line and not line.startswith(" "))
        self.control[fields["Package"]] = fields["Version"]

    @property
    def size(self):
        return sum(layer["size"] for layer in self.layers)

    def bill(self, kind):
        """{package: version} of a bill of materials."""
        with open(os.path.join(self.folder, f"{self.name}.{kind}.json"), encoding="utf-8") as file:
            bill = json.load(file)
        if kind == "spdx":
            return {one["name"]: one["versionInfo"] for one in bill["packages"] if one.get("primaryPackagePurpose") == "LIBRARY"}
        libraries = [(one, re.search(r"[?&]epoch=(\d+)", one["purl"])) for one in bill["components"] if one["type"] == "library"]
        return {one["name"]: (epoch[1] + ":" if epoch else "") + one["version"] for one, epoch in libraries}

    def problems(self):
        """Why it is no image that we would hand out."""
        found, settings = [], self.config["config"]
        if self.size > LIMIT:
            found.append(f"{self.size} bytes compressed")
        if (settings["User"], settings["Entrypoint"]) != ("65532:65532", ["/app/service"]):
            found.append(f"runs {settings}")
        created = datetime.datetime.fromisoformat(self.config["created"]).timestamp()
        for path, member in self.files.items():
            if (member.uid, member.gid) != (0, 0):
                found.append(f"{path} belongs to {member.uid}:{member.gid}")
            if member.mtime > created:
                found.append(f"{path} is younger than the commit")
            if member.mode & 0o6000:
                found.append(f"{path} has the mode {member.mode:o}")
            if member.mode & 0o002 and not member.issym():
                found.append(f"{path} may be written by everybody")
            # A shell above all.
            if member.isfile() and member.mode & 0o111 and path != "app/service" and ".so" not in os.path.basename(path):
                found.append(f"{path} is a program")
        for kind in ("spdx", "cdx"):
            if self.bill(kind) != self.control:
                found.append(f"{kind}: {sorted(self.bill(kind).items() ^ self.control.items())}")
        return [f"{self.name}: {one}" for one in found]
