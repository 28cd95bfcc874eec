# SPDX-License-Identifier: Apache-2.0
"""Talking to firmware, wherever it runs: links carry bytes, a session asks, a transcript remembers."""
