# SPDX-License-Identifier: Apache-2.0
"""TinyML toolkit: from a folder of data to checked firmware on a microcontroller."""

__version__ = "0.1.0"
