# SPDX-License-Identifier: Apache-2.0
"""The templates of generated sources; an undefined name in one is an error."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import jinja2

from toolkit import paths


def render(template: str, context: Mapping[str, object]) -> str:
    """Return firmware_templates/project/<template> filled in with context."""
    return _environment().get_template(template).render(context)


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(paths.templates("project")),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )
