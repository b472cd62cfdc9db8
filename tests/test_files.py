"""Files that take their place only when they are complete."""

from __future__ import annotations

from pathlib import Path

import pytest

from csc_dspy.errors import RunError
from csc_dspy.files import written_whole


@pytest.mark.parametrize("there", [True, False])
def test_what_a_link_leads_to_is_written_and_the_link_stays(tmp_path: Path, there: bool) -> None:
    real = tmp_path / "runs" / "7.json"
    if there:
        real.parent.mkdir()
        real.write_text("old")
    (tmp_path / "between.json").symlink_to("runs/7.json")
    link = tmp_path / "current.json"
    link.symlink_to("between.json")
    with written_whole(link) as part:
        assert part.parent == real.parent
        part.write_text("new")
    assert link.is_symlink()
    assert real.read_text() == link.read_text() == "new"
    with pytest.raises(RunError, match=r"current\.json: cannot be written"), written_whole(link) as part:
        part.mkdir()
    part.rmdir()
    assert real.read_text() == "new"
    assert {path.name for path in tmp_path.rglob("*")} == {"between.json", "current.json", "runs", "7.json"}


def test_a_link_that_leads_to_itself_is_written_over(tmp_path: Path) -> None:
    link = tmp_path / "current.json"
    link.symlink_to("current.json")
    with written_whole(link) as part:
        part.write_text("new")
    assert link.read_text() == "new"
