"""The order of a table's rows by their times: only where every row has one and all can be compared."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, time, timedelta

TIME_KEYS = (
    "timestamp", "datetime", "time", "createdat", "sentat", "created", "sent", "date", "start", "starttime", "begin",
    "offset", "ts", "messagetime", "时间", "发送时间", "消息时间", "日期时间", "时间戳", "开始时间", "创建时间",
)  # fmt: skip
"""Columns of times."""

DATE_KEYS = ("date", "day", "日期")
"""Columns of dates, if the times stand in one of their own."""

_NUMBER = re.compile(r"^\d+(?:\.\d+)?$")
_CLOCK = re.compile(r"^(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,6}))?)?(?:\s*([AaPp])\.?[Mm]\.?)?$")
_CALL = 3600  # seconds; a longer way back may lead to another day


def order_by_time(cells: Sequence[str]) -> list[int] | None:
    """The places of some times in their order; ``None`` if they are in order, or if their order is not certain.

    Certain are numbers, ISO dates with times, times of day beside another date that is the same in all rows, and times
    of day without any date if all of them lie within an hour.
    """
    moments = _moments([cell.strip() for cell in cells])
    if moments is None or len(set(moments)) < len(moments):
        return None
    places = sorted(range(len(moments)), key=lambda place: moments[place])
    return places if places != list(range(len(moments))) else None


def _moments(cells: Sequence[str]) -> list[float] | None:
    if not cells or not all(cells):
        return None
    if all(map(_NUMBER.match, cells)):
        return [float(cell) for cell in cells]
    written = [_of_date(cell) for cell in cells]
    if all(moment is not None for moment in written):
        zones = {moment.tzinfo is None for moment in written if moment}
        if len(zones) > 1:
            return None
        start = written[0]
        return [(moment - start) / timedelta(seconds=1) for moment in written if moment and start]
    days, clocks = zip(*(_divided(cell) for cell in cells), strict=True)
    seconds = [_of_day(clock) for clock in clocks]
    known = [second for second in seconds if second is not None]
    if len(set(days)) > 1 or len(known) < len(seconds):
        return None
    return None if not days[0] and max(known) - min(known) >= _CALL else known


def _of_date(cell: str) -> datetime | None:
    """A date that begins with its year, with a time."""
    try:
        moment = datetime.fromisoformat(re.sub(r"^(\d{4})/(\d{1,2})/(\d{1,2})\b", _with_dashes, cell))
    except ValueError:
        return None
    return moment if ":" in cell else None


def _with_dashes(date: re.Match[str]) -> str:
    return f"{date[1]}-{int(date[2]):02d}-{int(date[3]):02d}"


def _divided(cell: str) -> tuple[str, str]:
    """What stands before a time of day, and the time."""
    found = re.search(r"\d{1,2}:\d{2}.*$", cell)
    return (cell[: found.start()].strip(" ,T"), found[0]) if found else (cell, "")


def _of_day(clock: str) -> float | None:
    found = _CLOCK.match(clock.strip())
    if found is None:
        return None
    hour = int(found[1])
    if found[5]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found[5] in "Pp" else 0)
    try:
        day = time(hour, int(found[2]), int(found[3] or 0))
    except ValueError:
        return None
    return day.hour * 3600 + day.minute * 60 + day.second + float(f"0.{found[4] or 0}")
