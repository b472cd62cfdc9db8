"""Pages made of templates: the description of a corpus, a dataset's card."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from csc_dspy.corpora.statistics import percent

if TYPE_CHECKING:
    from jinja2 import Environment


def rendered(name: str, /, *, room: str = "corpora", **values: Any) -> str:
    """A page of a room's ``pages/``; in HTML pages every value is escaped.

    Args:
        name: The file's name there, without ``.jinja``.
        room: The room; its pages may extend those of ``corpora/``.
        values: What the template shows.
    """
    return _environment(room).get_template(f"{name}.jinja").render(values)


@cache
def _environment(room: str) -> Environment:
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=ChoiceLoader([PackageLoader(f"csc_dspy.{one}", "pages") for one in dict.fromkeys((room, "corpora"))]),
        autoescape=lambda name: bool(name) and ".html" in str(name),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["percent"] = percent
    environment.filters["number"] = lambda value: "–" if value is None else f"{value:,.1f}".removesuffix(".0")
    return environment
