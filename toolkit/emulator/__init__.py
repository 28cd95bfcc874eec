# SPDX-License-Identifier: Apache-2.0
"""Boards in software: the ELF that is flashed, run on unicorn with small models of the peripherals."""
