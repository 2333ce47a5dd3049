#!/usr/bin/python3
"""Writes src/common/unicode_tables.cpp to standard output, from the Unicode data of this Python.

What may stand in a label is derived as RFC 5892 says, the rules on context left out; what is made lower case
is what UTS 46 maps to one code point that may stand there; compositions are those of NFC.
"""

import sys
import unicodedata as data

LAST = 0xE0000  # nothing above may stand in a domain
LETTER_DIGITS = ("Ll", "Lo", "Nd", "Lm", "Mn", "Mc")
VALID = {0xDF, 0x3C2, 0x6FD, 0x6FE, 0xF0B, 0x3007}  # RFC 5892, 2.6
DISALLOWED = {0x640, 0x7FA, 0x302E, 0x302F, 0x303B, *range(0x3031, 0x3036)}
CONTEXT = {0xB7, 0x375, 0x5F3, 0x5F4, 0x30FB}
BLOCKS = {*range(0x20D0, 0x2100), *range(0x1D100, 0x1D250)}  # 2.4
OLD_JAMO = {*range(0x1100, 0x1200), *range(0xA960, 0xA980), *range(0xD7B0, 0xD800)}  # 2.9
IGNORABLE = {0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10)}


def folded(c):
    for _ in range(3):
        c = data.normalize("NFKC", data.normalize("NFKC", c).casefold())
    return c


def is_valid(point):
    if point in VALID or point in CONTEXT:
        return True
    if point in DISALLOWED | BLOCKS | OLD_JAMO | IGNORABLE:
        return False
    return data.category(chr(point)) in LETTER_DIGITS and folded(chr(point)) == chr(point)


def ranges_of(points, value=lambda point: 0, step=1):
    found = []
    for point in points:
        if found and found[-1][1] == point - step and found[-1][2] == value(point):
            found[-1][1] = point
        else:
            found.append([point, point, value(point)])
    return found


def lower_ranges(valid):
    lower = {}
    for point in range(0x80, LAST):
        c = chr(point)
        if (
            data.category(c) in ("Lu", "Lt")
            and len(c.lower()) == 1
            and folded(c) == c.lower()
            and ord(c.lower()) in valid
        ):
            lower[point] = ord(c.lower()) - point
    found = []
    for point, distance in lower.items():
        for step in (1, 2):
            if found and found[-1][1] == point - step and found[-1][2] == distance and found[-1][3] in (0, step):
                found[-1][1], found[-1][3] = point, step
                break
        else:
            found.append([point, point, distance, 0])
    return [(first, last, distance, max(step, 1)) for first, last, distance, step in found]


def compositions():
    for point in range(0x80, LAST):
        words = data.decomposition(chr(point)).split()
        if len(words) == 2 and words[0][0] != "<" and data.normalize("NFC", chr(point)) == chr(point):
            yield int(words[0], 16), int(words[1], 16), point


def table(kind, name, rows):
    rows, line = list(rows), " "
    print(f"constexpr std::array<{kind}, {len(rows)}> {name}_rows = {{{{")
    for row in rows:
        item = " {" + ", ".join(f"{n:#x}" if abs(n) > 9 else str(n) for n in row) + "},"
        if len(line + item) > 120:
            print(line)
            line = " "
        line += item
    print(line + "\n}};\n")


def main():
    valid = [point for point in range(0x80, LAST) if is_valid(point)]
    combining = [point for point in range(0x300, LAST) if data.combining(chr(point))]
    print(f"// Facts about code points (Unicode {data.unidata_version}). Written by build-aux/unicode_tables.py.")
    print(
        '#include "common/unicode_tables.hpp"\n\n#include <array>\n\nnamespace msmtp {\n\nnamespace {\n\n// clang-format off'
    )
    table("CodeRange", "label", ((first, last) for first, last, _ in ranges_of(valid)))
    table("CaseRange", "case", lower_ranges(set(valid)))
    table("CombiningRange", "combining", ranges_of(combining, lambda point: data.combining(chr(point))))
    table("Composition", "composition", sorted(compositions()))
    print("// clang-format on\n\n}  // namespace\n")
    for kind, name, function in (
        ("CodeRange", "label", "label_ranges"),
        ("CaseRange", "case", "case_ranges"),
        ("CombiningRange", "combining", "combining_ranges"),
        ("Composition", "composition", "compositions"),
    ):
        print(f"std::span<const {kind}> {function}() {{\n  return {name}_rows;\n}}\n")
    print("}  // namespace msmtp")


sys.exit(main())
