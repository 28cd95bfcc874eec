# SPDX-License-Identifier: Apache-2.0
"""The operators: one file each, found by name in toolkit.ops.shared.registry."""
