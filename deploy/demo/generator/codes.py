"""Identifiers with valid check digits that nobody can really have, and dice that give the same numbers on every machine."""

import random

_SOCIAL = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_SOCIAL_WEIGHTS = [pow(3, i, 31) for i in range(17)]
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


class Dice:
    """Only Random.random(), whose sequence Python guarantees, and plain arithmetic: no library function may differ."""

    def __init__(self, seed):
        self.u = random.Random(seed).random

    def below(self, n):
        return int(self.u() * n)

    def between(self, low, high):
        return low + self.u() * (high - low)

    def pick(self, items):
        return items[int(self.u() * len(items))]

    def weighted(self, pairs):
        """pairs: (value, cumulative share up to 1)."""
        x = self.u()
        for value, up_to in pairs:
            if x < up_to:
                return value
        return pairs[-1][0]

    def shuffle(self, items):
        for i in range(len(items) - 1, 0, -1):
            j = int(self.u() * (i + 1))
            items[i], items[j] = items[j], items[i]

    def uuid4(self):
        text = "".join("%04x" % self.below(65536) for _ in range(8))
        variant = "89ab"[int(text[16], 16) & 3]
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"


def apportion(total, weights):
    """Whole shares of `total` by weight, largest remainders first; the sum is exact."""
    whole = sum(weights)
    exact = [total * w / whole for w in weights]
    shares = [int(x) for x in exact]
    order = sorted(range(len(weights)), key=lambda i: (shares[i] - exact[i], i))
    for i in order[: total - sum(shares)]:
        shares[i] += 1
    return shares


def organization_code(body8):
    """GB 11714."""
    total = sum(int(c, 36) * w for c, w in zip(body8, _ORG_WEIGHTS))
    return body8 + "0123456789X0"[11 - total % 11]


def social_credit_code(prefix, district, number):
    """GB 32100. Real organisation codes are digits or begin with M; ours begin with G."""
    body = prefix + district + organization_code("G%07d" % number)
    total = sum(_SOCIAL.index(c) * w for c, w in zip(body, _SOCIAL_WEIGHTS))
    return body + _SOCIAL[(31 - total % 31) % 31]


def school_code(category, province, ordinal, number):
    """Serials from 900000 on, so that generated schools stand out."""
    return f"{category}{province}9{ordinal:02d}{number:03d}"


class IdentityNumbers:
    """GB 11643 numbers whose province is 99, which GB/T 2260 does not use: no living person has such a number."""

    def __init__(self, district):
        self._region = "99" + district[2:]
        self._next = {}

    def make(self, birth, male):
        key = (birth, male)
        serial = self._next.get(key, 1 if male else 2)
        while serial % 100 == 0:
            serial += 2
        self._next[key] = serial + 2
        body = f"{self._region}{birth}{serial:03d}"
        total = 0
        for digit, weight in zip(body, _ID_WEIGHTS):
            total += int(digit) * weight
        return body + "10X98765432"[total % 11]


def certificate_number(year, office, kind, male, serial):
    """教师资格证号 with the unused province 99. Two zeros at the end would look like a spreadsheet's damage."""
    serial = serial % 9900
    tail = serial // 99 * 100 + serial % 99 + 1
    return f"{year}99{office:03d}{kind}{1 if male else 2}{tail:06d}"


def hundredths(amount):
    return "%d.%02d" % divmod(amount, 100)
