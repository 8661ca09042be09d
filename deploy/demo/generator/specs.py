"""What is generated where. Totals of 温州 are the published ones of 2018; 嘉定 is sized like 松江 2014; the others are plausible guesses."""

from dataclasses import dataclass, field

from .codes import apportion

SCHOOL_YEAR = 2025

PUBLISHED = [
    # place, districts, source, figures
    ("温州2018", "3303", "温州市政府公布的2018年教育事业统计",
     {"primary_schools": 562, "primary_pupils": 628600, "junior_schools": 339, "junior_pupils": 272000,
      "compulsory_teachers": 58400}),
    ("嘉定（按松江2014）", "310114", "松江年鉴2015第76页",
     {"primary_schools": 35, "primary_pupils": 64328, "junior_schools": 27, "junior_pupils": 26687}),
]


@dataclass
class Spec:
    code: str
    short: str
    full: str
    longitude: float
    latitude: float
    primary: int          # 211
    junior: int           # 311
    nine_year: int        # 312
    primary_pupils: int
    junior_pupils: int
    primary_teachers: int = 0
    junior_teachers: int = 0
    complete: int = 0     # 341
    twelve_year: int = 0  # 345
    points: int = 0       # 218
    high_pupils: int = 0
    primary_grades: int = 6
    migrant_share: float = 0.2
    left_behind_share: float = 0.01
    staff: int = 0        # rows of teachers in all; 0: as they come
    rooms: int = 0        # rows of rooms in all; 0: as they come
    ordinal: int = 0      # for school codes
    inspection_points: int = 0
    lows: dict = field(default_factory=dict)  # (kind, n) -> {indicator: share of the standard}; see JIADING_LOWS

    def __post_init__(self):
        self.primary_teachers = self.primary_teachers or round(self.primary_pupils / 17.2)
        self.junior_teachers = self.junior_teachers or round(self.junior_pupils / 11.8)


# Indicators 1 to 7; "missing" leaves the register of equipment (6) or sports grounds (5) empty; "rich" multiplies 6.
JIADING_LOWS = {
    ("211", 3): {5: 0.78},
    ("211", 9): {3: 0.90, 7: 0.93},
    ("211", 15): {2: 0.90},
    ("211", 21): {"missing": 6},
    ("211", 24): {"dense": True},
    ("211", 27): {6: 0.70},
    ("211", 30): {1: 0.92},
    ("311", 4): {1: 0.80},
    ("311", 7): {"rich": 2.9},
    ("311", 8): {4: 0.95, 5: 0.96},
    ("311", 12): {"rich": 3.3},
    ("312", 2): {4: 0.90, 5: 0.95},
    ("312", 5): {"unknown_stage": 4},
    ("341", 1): {7: 0.60},
}

JIADING = Spec("310114", "嘉定", "嘉定区", 121.265, 31.375, 35, 18, 9, 64328, 26687, 3900, 2260, complete=3, twelve_year=1,
               points=2, high_pupils=3100, primary_grades=5, migrant_share=0.45, lows=JIADING_LOWS)

_ZHENJIANG = [
    Spec("321102", "京口", "京口区", 119.470, 32.200, 16, 5, 3, 21800, 8900, complete=1, high_pupils=900),
    Spec("321111", "润州", "润州区", 119.411, 32.196, 11, 4, 2, 12900, 5400),
    Spec("321112", "丹徒", "丹徒区", 119.434, 32.132, 12, 7, 3, 11200, 5100, points=1, left_behind_share=0.03),
    Spec("321181", "丹阳", "丹阳市", 119.581, 32.010, 36, 19, 5, 51500, 22300, complete=1, high_pupils=1100, points=3),
    Spec("321182", "扬中", "扬中市", 119.828, 32.237, 13, 6, 2, 14600, 6800, left_behind_share=0.02),
    Spec("321183", "句容", "句容市", 119.167, 31.957, 24, 11, 4, 29400, 12700, points=2, left_behind_share=0.04),
]

# Share of the city's schools and pupils by size of the district.
_WENZHOU = [
    ("330302", "鹿城", "鹿城区", 120.655, 28.015, 125), ("330303", "龙湾", "龙湾区", 120.811, 27.933, 80),
    ("330304", "瓯海", "瓯海区", 120.637, 27.967, 95), ("330305", "洞头", "洞头区", 121.157, 27.836, 15),
    ("330324", "永嘉", "永嘉县", 120.692, 28.154, 85), ("330326", "平阳", "平阳县", 120.566, 27.663, 90),
    ("330327", "苍南", "苍南县", 120.426, 27.518, 100), ("330328", "文成", "文成县", 120.092, 27.787, 25),
    ("330329", "泰顺", "泰顺县", 119.718, 27.557, 30), ("330381", "瑞安", "瑞安市", 120.655, 27.778, 145),
    ("330382", "乐清", "乐清市", 120.983, 28.113, 150), ("330383", "龙港", "龙港市", 120.553, 27.578, 60),
]


def _wenzhou():
    weights = [row[5] for row in _WENZHOU]
    parts = {name: apportion(total, weights) for name, total in {
        "primary": 562, "junior": 245, "nine_year": 94, "primary_pupils": 628600, "junior_pupils": 272000,
        "primary_teachers": 35600, "junior_teachers": 22800, "complete": 26, "twelve_year": 8, "points": 20,
        "high_pupils": 29500}.items()}
    for i, (code, short, full, longitude, latitude, _) in enumerate(_WENZHOU):
        yield Spec(code, short, full, longitude, latitude, migrant_share=0.28, left_behind_share=0.04,
                   **{name: shares[i] for name, shares in parts.items()})


def all_specs():
    specs = [
        JIADING,
        Spec("320583", "昆山", "昆山市", 120.981, 31.385, 60, 24, 11, 121000, 44600, complete=2, high_pupils=2400,
             migrant_share=0.60),
        Spec("320585", "太仓", "太仓市", 121.131, 31.458, 27, 13, 6, 45200, 17400, migrant_share=0.42),
        Spec("330483", "桐乡", "桐乡市", 120.565, 30.631, 34, 16, 6, 52300, 21100, complete=1, high_pupils=1000,
             migrant_share=0.38),
        Spec("150104", "玉泉", "玉泉区", 111.674, 40.754, 25, 7, 4, 24300, 9600, complete=1, high_pupils=900,
             inspection_points=2000),
        *_ZHENJIANG,
        *_wenzhou(),
    ]
    for ordinal, spec in enumerate(specs):
        spec.ordinal = ordinal + 1
    return specs


def bench_spec(schools):
    """One fictional district of so many schools; 900 have 58,000 staff and 100,000 rooms."""
    kinds = apportion(schools, [530, 240, 90, 25, 15])
    scale = schools / 900
    return Spec("999901", "九百校", "九百校县(虚构)", 110.0, 30.0, kinds[0], kinds[1], kinds[2], round(560000 * scale),
                round(240000 * scale), round(31600 * scale), round(20200 * scale), complete=kinds[3],
                twelve_year=kinds[4], high_pupils=round(24000 * scale), staff=round(58000 * scale),
                rooms=round(100000 * scale), ordinal=99)
