# SPDX-License-Identifier: Apache-2.0
"""A project in continuous integration: the workflow that checks it, and what changed since the last time."""
