"""What runs beside a test: a coroutine in a thread of its own, as a browser test has a loop already; a child that ends with us."""

import asyncio
import ctypes
import signal
import sys
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def run_aside(work: Coroutine[Any, Any, T]) -> T:
    """What the coroutine gives; its exception is raised here."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def end_with_us() -> None:
    """In a child: be killed when the process that started us is gone, however it went (Linux; elsewhere nothing happens)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
