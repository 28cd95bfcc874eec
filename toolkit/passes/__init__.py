# SPDX-License-Identifier: Apache-2.0
"""Graph to graph: each pass is pure, has one file, and is called by toolkit.passes.sequence."""
