"""Nothing is lost and nothing counts twice: many stories of a handheld with no network, one line for each, resumable.

Each seed tells: scans, facts, kills, the faults that were forced on its batches (by kind), lost, doubled, verdict. With
--resume FILE each result is also a line of JSON in that file, and seeds that it holds already are not told again.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from tests.offline.site import opened
from tests.offline.story import Line, tell


def seeds_of(text: str) -> range:
    """`7` or `1-20`. ValueError for anything else."""
    first, _, last = text.partition("-")
    found = range(int(first), int(last or first) + 1)
    if not found or found[0] < 0:
        raise ValueError(text)
    return found


def read(path: Path | None) -> dict[int, Line]:
    """The results that a file holds, the last of each seed; a line that was cut in two by a kill does not count."""
    held: dict[int, Line] = {}
    if path is not None and path.exists():
        for text in path.read_bytes().splitlines():
            try:
                line = msgspec.json.decode(text, type=Line)
            except msgspec.DecodeError:
                continue
            held[line.seed] = line
    return held


def spoken(line: Line) -> str:
    """One result as a line for the eye."""
    faults = ", ".join(f"{count} {kind}" for kind, count in sorted(line.faults.items()))
    return (
        f"seed {line.seed:>3}  scans {line.scans}  facts {line.facts}  hand-overs {line.hand_overs}  kills {line.kills}  batches {line.batches} of {line.batch}"
        f"  clock {line.skew_ms // 60_000:+d} min  faults: {faults}  lost {line.lost}  doubled {line.doubled}  {line.verdict}  {line.seconds} s"
    )


def total(lines: Iterable[Line]) -> str:
    """What all of them come to."""
    held = list(lines)
    faults: Counter[str] = Counter()
    for line in held:
        faults.update(line.faults)
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(faults.items()))
    return (
        f"{len(held)} seeds, {sum(line.verdict != 'good' for line in held)} wrong: {sum(line.scans for line in held)} scans,"
        f" {sum(line.facts for line in held)} facts, {sum(line.hand_overs for line in held)} hand-overs, {sum(line.kills for line in held)} kills, {sum(line.batches for line in held)} batches,"
        f" faults: {told}; lost {sum(line.lost for line in held)}, doubled {sum(line.doubled for line in held)}"
    )


def prove(seeds: Iterable[int], resume: Path | None = None, say: Callable[[str], None] = lambda _: None) -> list[Line]:
    """The result of every seed, those of the file first."""
    held = {seed: line for seed, line in read(resume).items() if seed in set(seeds)}
    for line in held.values():
        print(spoken(line), flush=True)
    left = [seed for seed in seeds if seed not in held]
    if left:
        with opened() as site:
            for seed in left:
                line = held[seed] = tell(site, seed, None, say)
                print(spoken(line), flush=True)
                for sentence in line.wrong:
                    print(f"    {sentence}", flush=True)
                if resume is not None:
                    with resume.open("ab") as file:
                        file.write(msgspec.json.encode(line) + b"\n")
    return [held[seed] for seed in sorted(held)]


def say(sentence: str) -> None:
    print(f"    {sentence}", flush=True)


def main() -> int:
    """Exit status 1 when anything was lost, doubled or otherwise wrong."""
    asked = argparse.ArgumentParser(prog="bin/prove-offline", description=__doc__)
    asked.add_argument(
        "--seeds", type=seeds_of, default=seeds_of("1-20"), metavar="1-200", help="which stories (default 1-20)"
    )
    asked.add_argument("--resume", type=Path, metavar="FILE", help="keep results here, and go on from what is there")
    asked.add_argument("--parts", action="store_true", help="also say how long each part of a story took")
    given = asked.parse_args()
    began = time.monotonic()
    lines = prove(given.seeds, given.resume, say if given.parts else lambda _: None)
    print(f"\n{total(lines)}; {time.monotonic() - began:.0f} s")
    return int(any(line.verdict != "good" for line in lines))


if __name__ == "__main__":
    sys.exit(main())
