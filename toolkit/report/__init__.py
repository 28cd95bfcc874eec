# SPDX-License-Identifier: Apache-2.0
"""build/report.html: what was trained, what int8 costs, and what the boards say. One file, no network."""

from toolkit.report.write import write_report

__all__ = ["write_report"]
