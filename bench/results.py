"""Samples, their medians and quartiles, ratios, and the table and JSON that are made of them."""

import dataclasses
import json
import os
import platform
import statistics
import subprocess

from clients import OURS, THEIRS

VERSION = 1  # of the JSON


def quartiles(values):
    """First quartile, median, third quartile."""
    if len(values) < 2:
        return (values[0],) * 3
    return tuple(statistics.quantiles(values, n=4, method="inclusive"))


@dataclasses.dataclass
class Row:
    """One piece of work: for each program its samples, in the order of the rounds."""
    key: str
    title: str
    unit: str                  # ms, a second, MB/s, kB, count
    samples: dict              # label -> list; None where a run failed
    at_most: float = 0         # the aim for ours / theirs (for rates: at least)
    against: dict = dataclasses.field(default_factory=dict)  # label -> how many times as good we want to be
    limit: float = 0           # the aim for ours alone, in the unit
    more_is_better: bool = False
    note: str = ""
    processor: dict = dataclasses.field(default_factory=dict)  # label -> samples of processor time, ms

    def values(self, label):
        return [value for value in self.samples.get(label, []) if value is not None]

    def median(self, label):
        values = self.values(label)
        return statistics.median(values) if values else None

    def ratio(self, label, to=THEIRS):
        """Quartiles of the ratios label / to, round by round."""
        pairs = zip(self.samples.get(label, []), self.samples.get(to, []))
        ratios = [one / other for one, other in pairs if one is not None and other]
        return quartiles(ratios) if ratios else None

    def advantage(self, label):
        """How many times as good as LABEL we are."""
        ratio = self.ratio(label, OURS) if not self.more_is_better else self.ratio(OURS, label)
        return ratio[1] if ratio else None

    def aims(self):
        """(text, whether it is reached) for each aim that can be judged."""
        ratio, found = self.ratio(OURS), []
        if self.at_most and ratio:
            word = "least" if self.more_is_better else "most"
            fine = ratio[1] >= self.at_most if self.more_is_better else ratio[1] <= self.at_most
            found.append((f"ours/msmtp {ratio[1]:.3g}, at {word} {self.at_most:g}", fine))
        for label, wanted in self.against.items():
            advantage = self.advantage(label)
            if advantage:
                found.append((f"{advantage:.2f} times {label}, at least {wanted:g}", advantage >= wanted))
        median = self.median(OURS)
        if self.limit and median is not None:
            word = "least" if self.more_is_better else "most"
            fine = median >= self.limit if self.more_is_better else median <= self.limit
            found.append((f"{number(median)} {self.unit}, at {word} {self.limit:g}", fine))
        return found

    def as_json(self):
        programs = {}
        for label in self.samples:
            values = self.values(label)
            if values:
                low, middle, high = quartiles(values)
                programs[label] = {"median": round(middle, 4), "quartiles": [round(low, 4), round(high, 4)], "n": len(values)}
                if self.processor.get(label):
                    programs[label]["processor_ms"] = round(statistics.median(self.processor[label]), 4)
                ratio = self.ratio(label)
                if ratio:
                    programs[label]["ratio"] = [round(part, 4) for part in ratio]
        return {"key": self.key, "title": self.title, "unit": self.unit, "more_is_better": self.more_is_better,
                "programs": programs, "note": self.note,
                "aims": [{"text": text, "reached": fine} for text, fine in self.aims()]}

    def as_text(self):
        lines = [f"{self.title}" + (f"  ({self.note})" if self.note else "")]
        for label in self.samples:
            values = self.values(label)
            if not values:
                lines.append(f"    {label:<11} failed")
                continue
            low, middle, high = quartiles(values)
            spread = f"[{number(low)} .. {number(high)}]" if len(values) > 1 else ""
            line = f"    {label:<11}{number(middle):>10} {self.unit:<9}{spread:<22}"
            ratio = self.ratio(label)
            if ratio and label != THEIRS:
                line += f" {ratio[1]:.3g} of msmtp's" + (f" [{ratio[0]:.3g} .. {ratio[2]:.3g}]" if len(values) > 1 else "")
            if self.processor.get(label):
                line = f"{line:<92} processor {number(statistics.median(self.processor[label]))} ms"
            lines.append(line.rstrip())
        for text, fine in self.aims():
            lines.append(f"    {'reached' if fine else 'MISSED '}    {text}")
        return "\n".join(lines)


def number(value):
    if value == int(value) and abs(value) < 1e9:
        return f"{int(value)}"
    return f"{value:.4g}" if abs(value) < 1000 else f"{value:.0f}"


def first_line(*words):
    try:
        return subprocess.run(words, capture_output=True, text=True, timeout=10).stdout.splitlines()[0]
    except (OSError, IndexError, subprocess.SubprocessError):
        return "unknown"


def machine(root, clients):
    """Facts about where it was measured; no names of machines, no paths."""
    processor = "unknown"
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
        processor = names[0] if names else processor
    compiler = "unknown"
    with open(os.path.join(root, "config.mk"), encoding="utf-8") as file:
        for line in file:
            if line.startswith("CXX = "):
                compiler = first_line(*line.split("=", 1)[1].split(), "--version")
    return {"processor": processor, "cores": os.cpu_count(), "kernel": platform.release(), "compiler": compiler,
            "load": os.getloadavg()[0],
            "programs": {label: first_line(path, "--version") for label, path in clients.paths.items()
                         if label not in (OURS, "nullmailer")}}


def as_json(rows, skipped, facts):
    return json.dumps({"version": VERSION, "machine": facts, "rows": [row.as_json() for row in rows],
                       "skipped": skipped}, indent=1) + "\n"
