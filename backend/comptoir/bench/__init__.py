"""What `comptoir bench` measures: ours beside a floor, in turn, on one machine, with durable commits."""

from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; 0 when nothing was violated. Everything it starts is on loopback and ends with it."""
    from comptoir.bench.commands import run

    return run(argv)
