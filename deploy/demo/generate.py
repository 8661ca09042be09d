#!/usr/bin/python3
"""Writes the registers of the demo region as CSV, the same bytes on every run. No school, person or room in it exists.

  generate.py TARGET                     23 districts and manifest.json
  generate.py TARGET --district-of 900   one fictional district (999901) of so many schools, for measurements
"""

import argparse
import csv
import hashlib
import json
import os
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from generator import facilities, safety, schools, specs, staff  # noqa: E402

# resource -> (service, collection below the district), in order of loading.
RESOURCES = {
    "schools": ("planning", "schools"),
    "gradeEnrollments": ("planning", "schools/-/gradeEnrollments"),
    "teachers": ("teachers", "teachers"),
    "staffingQuotas": ("teachers", "schools/-/staffingQuotas"),
    "buildings": ("facilities", "schools/-/buildings"),
    "rooms": ("facilities", "schools/-/buildings/-/rooms"),
    "sportsGrounds": ("facilities", "schools/-/sportsGrounds"),
    "equipmentHoldings": ("facilities", "schools/-/equipmentHoldings"),
    "inspectionPoints": ("safety", "schools/-/inspectionPoints"),
    "patrols": ("safety", "schools/-/patrols"),
}


def read_towns():
    towns = {}
    with open(os.path.join(HERE, "divisions", "towns.csv"), encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            towns.setdefault(row["district_code"], []).append((row["town_code"], row["town_name"]))
    return towns


def district_tables(spec, towns):
    """[(resource, header, rows)] of one district, and its totals."""
    made = schools.make_schools(spec, towns)
    grades = schools.make_grades(spec, made)
    teachers, quotas = staff.make_staff(spec, made)
    plant = facilities.Facilities(spec, made)
    tables = [
        ("schools", schools.SCHOOL_HEADER, [s.row for s in made]),
        ("gradeEnrollments", schools.GRADE_HEADER, grades),
        ("teachers", staff.TEACHER_HEADER, teachers),
        ("staffingQuotas", staff.QUOTA_HEADER, quotas),
        ("buildings", facilities.BUILDING_HEADER, plant.buildings),
        ("rooms", facilities.ROOM_HEADER, plant.rooms),
        ("sportsGrounds", facilities.GROUND_HEADER, plant.grounds),
        ("equipmentHoldings", facilities.EQUIPMENT_HEADER, plant.equipment),
    ]
    if spec.inspection_points:
        points, patrols = safety.make_safety(spec, made)
        tables.append(("inspectionPoints", safety.POINT_HEADER, points))
        tables.append(("patrols", safety.PATROL_HEADER, patrols))
    in_post = sum(1 for t in teachers if t[7] == "11" and t[8] in ("11", "12") and t[14] in ("2", "3") and t[17] == "false")
    totals = {
        "schools": len(made),
        "primary_schools": sum(1 for s in made if s.kind == "211"),
        "junior_schools": sum(1 for s in made if s.kind in ("311", "312")),
        "primary_pupils": sum(int(g[6]) for g in grades if g[3] == "2"),
        "junior_pupils": sum(int(g[6]) for g in grades if g[3] == "3"),
        "compulsory_teachers": in_post,
        "rooms": len(plant.rooms),
    }
    return tables, totals


def write_csv(path, header, rows):
    lines = [",".join(header)]
    lines += [",".join(row) for row in rows]
    data = ("\n".join(lines) + "\n").encode("utf-8")
    with open(path, "wb") as file:
        file.write(data)
    return data


def compare(totals):
    """Generated against published totals."""
    table = []
    for place, prefix, source, figures in specs.PUBLISHED:
        for figure, published in figures.items():
            generated = sum(t[figure] for code, t in totals.items() if code.startswith(prefix))
            table.append({"place": place, "figure": figure, "published": published, "generated": generated, "source": source})
    return table


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", help="folder to write to")
    parser.add_argument("--district-of", type=int, metavar="SCHOOLS", help="one fictional district of so many schools")
    arguments = parser.parse_args()

    towns = read_towns()
    if arguments.district_of:
        if not 10 <= arguments.district_of <= 900:
            parser.error("--district-of takes 10 to 900")
        chosen = [specs.bench_spec(arguments.district_of)]
        towns["999901"] = [(f"9999011{i:02d}", f"虚构镇{i:02d}") for i in range(1, 31)]
    else:
        chosen = specs.all_specs()

    digest = hashlib.sha256()
    steps, totals = [], {}
    for spec in chosen:
        tables, totals[spec.code] = district_tables(spec, towns[spec.code])
        folder = os.path.join(arguments.target, spec.code)
        os.makedirs(folder, exist_ok=True)
        for resource, header, rows in tables:
            data = write_csv(os.path.join(folder, resource + ".csv"), header, rows)
            digest.update(f"{spec.code}/{resource}\0".encode() + data)
            service, below = RESOURCES[resource]
            steps.append({"resource": resource, "service": service, "district": spec.code, "district_name": spec.full,
                          "file": f"{spec.code}/{resource}.csv", "target": f"districts/{spec.code}/{below}",
                          "rows": len(rows)})
    order = list(RESOURCES)
    steps.sort(key=lambda step: order.index(step["resource"]))
    manifest = {"version": digest.hexdigest()[:16], "school_year": specs.SCHOOL_YEAR, "steps": steps,
                "rows": sum(step["rows"] for step in steps), "totals": totals, "published": compare(totals)}
    with open(os.path.join(arguments.target, "manifest.json"), "w", encoding="utf-8") as file:
        json.dump(manifest, file, ensure_ascii=False, indent=1)
        file.write("\n")
    print(f"{len(chosen)} 个区县，{manifest['rows']} 行，数据版本 {manifest['version']}")


if __name__ == "__main__":
    main()
