#!/usr/bin/python3
"""verify.py FOLDER VERSION: the images that deploy/image has built there hold what they should and nothing else, and the suite serves
calls of the tour from them."""

import os
import sys

import archive
import compose
import containers

JIADING = "districts/310114"


def expect(what, found, wanted):
    if found != wanted:
        raise AssertionError(f"{what}: {found!r}, not {wanted!r}")


def check_archives(folder):
    images = {name: archive.Archive(folder, f"edudelta-{name}") for name in [*compose.services(), "gateway", "cli"]}
    problems = [problem for image in images.values() for problem in image.problems()]
    roots = {image.layers[0]["digest"]: image.layers[0]["size"] for name, image in images.items() if name != "cli"}
    if len(roots) != 1:
        problems.append(f"services and gateway have {len(roots)} roots")
    expect("images", problems, [])
    largest = max(image.size for image in images.values())
    return (f"{len(images)} images, at most {largest / 1e6:.1f} MB compressed, {sum(roots.values()) / 1e6:.1f} MB of it shared, "
            f"{sum(len(image.control) for image in images.values())} packages in their bills")


def check_tour(node):
    """Calls of the tour, by the image of the command line; how many."""
    rows = node.load("310114", ["schools"])["schools"]
    wanted = [row["school"] for row in rows if row["kind"] == "312"]
    expect("status without an account", node.cli("", "status").returncode, 0)
    listed = node.cli("jiading/clerk", "list", f"{JIADING}/schools", "--filter", 'kind = "312"', "--json").stdout
    expect("schools with grades 1 to 9", [row["school"] for row in rows if row["school"] in listed], wanted)
    plan = node.give("plan.json", os.path.join(compose.DEPLOY, "demo", "work_plans", "jiading-2019.json"))
    node.cli("jiading/clerk", "plan", "load", plan, "--district", "310114")
    targets = node.cli("jiading/clerk", "plan", "targets", f"{JIADING}/workPlans/jiading-2019").stdout
    expect("targets of the plan", [one for one in ("JD19-G01", "JD19-G02", "JD19-G03") if one in targets], ["JD19-G01", "JD19-G02", "JD19-G03"])
    node.cli("jiading/clerk", "export", f"{JIADING}/schools", "/files/schools.csv")
    with open(os.path.join(node.files, "schools.csv"), encoding="utf-8-sig") as file:
        expect("exported rows", len(file.readlines()) - 1, len(rows))
    refused = node.cli("kunshan/clerk", "list", f"{JIADING}/schools", check=False)
    expect("the exit code of a clerk of elsewhere", refused.returncode, 4)
    return 6


def main():
    folder, version = sys.argv[1:]
    counts = check_archives(folder)
    node = containers.Containers(folder, version)
    try:
        node.start_all()
        healthy = node.check_health()
        calls = check_tour(node)
    finally:
        node.close()
    print(f"{counts}, the same digests twice; {healthy} containers healthy, {calls} calls of the tour")


if __name__ == "__main__":
    main()
