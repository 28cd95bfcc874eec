# SPDX-License-Identifier: Apache-2.0
"""The most stack that a firmware can use, proved from its machine code."""
