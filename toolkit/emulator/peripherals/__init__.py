# SPDX-License-Identifier: Apache-2.0
"""Models of just the peripherals that the ports use, a file a family of MCUs."""
