"""What the database holds, asked by SQL that shares nothing with the suite: rows and values of a dataset as the API should tell them."""

from datetime import datetime, timedelta, timezone


def values(prefix, names):
    """An enum's names by number."""
    return {str(number): f"{prefix}_{name}" for number, name in enumerate(names.split(), 1)}


STATE = values("STATE", "OPEN CLOSED")
LEFT = values("STATE", "ACTIVE LEFT")
AREA = values("AREA", "GATE SURROUNDINGS TEACHING DORMITORY CANTEEN LABORATORY POWER SPORTS OTHER")
RESULT = values("RESULT", "NORMAL ABNORMAL")
HAZARD = values("STATE", "REGISTERED GRADED ASSIGNED RECTIFYING RECHECK_REQUESTED RECHECK_PASSED CLOSED ARCHIVED")
GRADES = values("HAZARD_GRADE", "GENERAL LARGER MAJOR")
OPERATORS = ("=", "!=", "<", "<=", ">", ">=", "IN")


def moment(stored):
    """A DATETIME(6), which is in UTC."""
    return datetime.fromisoformat(stored).replace(tzinfo=timezone.utc)


def timestamp(time):
    """As proto3 JSON has it: no digits, three or six after the second."""
    digits = "microseconds" if time.microsecond % 1000 else "milliseconds" if time.microsecond else "seconds"
    return time.replace(tzinfo=None).isoformat(timespec=digits) + "Z"


class Dataset:
    """`fields`: kind of each field that may be granted without a case number. Kinds: text, number (absent when 0), optional (absent
    when NULL), decimal, day, time, flag, or the names of an enum's values by number. `filterable`: the fields a row filter may use."""

    def __init__(self, name, schema, table, collection, listed, fields, filterable, ids):
        self.name, self.schema, self.table = name, schema, table
        self.collection, self.listed = collection, listed
        self.fields, self.filterable, self.ids = fields, filterable, ids

    def path(self, district):
        return f"/v1/districts/{district}/{self.collection}"

    def _name(self):
        parts = ["'districts/'", "district_id"]
        for collection, column in self.ids:
            parts += [f"'/{collection}/'", column]
        return f"CONCAT({', '.join(parts)})"

    def rows(self, node, fields, districts, where="1 = 1"):
        """{name: record}, each record as its JSON should be."""
        fields = [field for field in fields if field != "name"]
        columns = ", ".join([self._name()] + [f"IFNULL(`{field}`, '\\0')" for field in fields])
        listed = ", ".join(f"'{district}'" for district in districts)
        found = node.sql(f"SELECT {columns} FROM {self.table} WHERE district_id IN ({listed}) AND {where}", f"edudelta_{self.schema}")
        return {row[0]: self._record(fields, row) for row in found}

    def _record(self, fields, row):
        record = {"name": row[0]}
        for field, value in zip(fields, row[1:], strict=True):
            kind = self.fields[field]
            if value == "\\0":
                continue
            if kind == "optional":
                record[field] = int(value)
            elif kind == "decimal" or kind == "day":
                record[field] = value
            elif kind == "time":
                record[field] = timestamp(moment(value))
            elif kind == "text" and value:
                record[field] = value
            elif kind == "number" and value != "0":
                record[field] = int(value)
            elif kind == "flag" and value == "1":
                record[field] = True
            elif isinstance(kind, dict) and value != "0":
                record[field] = kind[value]
        return record

    def random_filter(self, node, chance, among=None):
        """A filter of one or two conditions as the API writes it and as SQL does, over values that occur."""
        conditions = []
        usable = sorted(self.filterable if among is None else self.filterable & set(among))
        for field in chance.sample(usable, min(len(usable), chance.choice([1, 1, 2]))):
            conditions.append(self.condition(node, chance, field, chance.choice(self.operators(field))))
        return " AND ".join(c[0] for c in conditions), " AND ".join(c[1] for c in conditions) or "1 = 1"

    def operators(self, field):
        return ("=", "!=", "IN") if isinstance(self.fields[field], dict) else OPERATORS + ((":",) if self.fields[field] == "text" else ())

    def condition(self, node, chance, field, operator):
        """One condition, as `random_filter`'s."""
        kind = self.fields[field]
        found = [row[0] for row in node.sql(f"SELECT DISTINCT `{field}` FROM {self.table} WHERE `{field}` IS NOT NULL ORDER BY 1",
                                            f"edudelta_{self.schema}")]
        if operator == ":":
            value = chance.choice(found)
            begin = chance.randint(0, max(0, len(value) - 1))
            part = value[begin:chance.randint(begin + 1, len(value))] if value else "1"
            return f'{field} : "{part}"', f"INSTR(`{field}`, '{part}') > 0"
        some = chance.sample(found, min(len(found), chance.randint(1, 3) if operator == "IN" else 1))
        literals = [self._literal(kind, value, chance) for value in some]
        asked, stored = ", ".join(one[0] for one in literals), ", ".join(one[1] for one in literals)
        if operator == "IN":
            return f"{field} IN ({asked})", f"`{field}` IN ({stored})"
        return f"{field} {operator} {asked}", f"`{field}` {operator} {stored}"

    @staticmethod
    def _literal(kind, value, chance):
        """A stored value as the API's filters write it, and as SQL does."""
        if isinstance(kind, dict):
            return kind[value], value
        if kind == "number":
            return value, value
        if kind == "time":
            # The same instant or one beside it, by the clock of any place.
            time = moment(value) + timedelta(seconds=chance.choice([0, 0, -1, 1]))
            place = timezone(timedelta(hours=chance.choice([0, 8, -3])))
            return f'"{time.astimezone(place).isoformat()}"', f"'{time.replace(tzinfo=None).isoformat(' ')}'"
        return f'"{value}"', f"'{value}'"

    def random_fields(self, chance):
        return sorted(chance.sample(sorted(self.fields), chance.randint(1, len(self.fields))))


SCHOOL = Dataset(
    "planning.School", "planning", "school", "schools", "schools",
    {"display_name": "text", "social_credit_code": "text", "kind": "text", "holder": "text", "urban_rural": "text", "town_code": "text",
     "address": "text", "longitude": "decimal", "latitude": "decimal", "built_year": "optional", "dense_centre": "flag",
     "state": STATE, "close_date": "day", "generated": "flag"},
    {"display_name", "kind", "holder", "urban_rural", "town_code", "state"}, [("schools", "school_id")])
GRADE = Dataset(
    "planning.GradeEnrollment", "planning", "grade_enrollment", "schools/-/gradeEnrollments", "grade_enrollments",
    {"school_year": "number", "stage": "text"} | {field: "number" for field in (
        "grade", "class_count", "pupil_count", "boarder_count", "migrant_count", "left_behind_count", "special_needs_count",
        "classes_up_to_25", "classes_26_to_35", "classes_36_to_45", "classes_46_to_55", "classes_56_to_65", "classes_66_or_more")},
    {"school_year", "stage"}, [("schools", "school_id"), ("gradeEnrollments", "grade_enrollment_id")])
TEACHER = Dataset(
    "teachers.Teacher", "teachers", "teacher", "teachers", "teachers",
    {"person_token": "text", "gender": "text", "school": "text", "school_start_date": "day", "staff_kind": "text", "post_state": "text",
     "established": "flag", "education": "text", "degree": "text", "title": "text", "backbone_level": "text", "stage": "text",
     "subject": "text", "shared": "flag", "state": LEFT, "leave_date": "day", "generated": "flag"},
    {"school", "education", "stage", "subject"}, [("teachers", "teacher_id")])
QUOTA = Dataset(
    "teachers.StaffingQuota", "teachers", "staffing_quota", "schools/-/staffingQuotas", "staffing_quotas",
    {"school_year": "number", "post_count": "number", "non_teaching_post_count": "number", "borrowed_post_count": "number",
     "note": "text"}, {"school_year"}, [("schools", "school_id"), ("staffingQuotas", "staffing_quota_id")])
ROOM = Dataset(
    "facilities.Room", "facilities", "room", "schools/-/buildings/-/rooms", "rooms",
    {"display_name": "text", "use": "text", "area": "decimal", "floor": "number", "seat_count": "number", "network_multimedia": "flag",
     "classroom_kind": "text"},
    {"use"}, [("schools", "school_id"), ("buildings", "building_id"), ("rooms", "room_id")])
POINT = Dataset(
    "safety.InspectionPoint", "safety", "inspection_point", "schools/-/inspectionPoints", "inspection_points",
    {"display_name": "text", "area": AREA, "location": "text", "monthly_patrols": "number", "retired": "flag"},
    {"area"}, [("schools", "school_id"), ("inspectionPoints", "inspection_point_id")])
PATROL = Dataset(
    "safety.Patrol", "safety", "patrol", "schools/-/patrols", "patrols",
    {"point": "text", "patrol_time": "time", "result": RESULT, "device": "text", "note": "text"},
    {"point", "patrol_time", "result"}, [("schools", "school_id"), ("patrols", "patrol_id")])
HAZARD_REGISTER = Dataset(
    "safety.Hazard", "safety", "hazard", "schools/-/hazards", "hazards",
    {"display_name": "text", "point": "text", "found_date": "day", "state": HAZARD, "grade": GRADES, "due_date": "day",
     "first_due_date": "day"},
    {"point", "found_date", "due_date", "state"}, [("schools", "school_id"), ("hazards", "hazard_id")])
DATASETS = [SCHOOL, GRADE, TEACHER, QUOTA, ROOM, POINT, PATROL, HAZARD_REGISTER]
