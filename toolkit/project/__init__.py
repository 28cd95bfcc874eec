# SPDX-License-Identifier: Apache-2.0
"""A project: tinyml.toml, what is new and what is current, what made a file, the runs so far."""
