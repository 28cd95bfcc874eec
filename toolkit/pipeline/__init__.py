# SPDX-License-Identifier: Apache-2.0
"""The way of the data, a step a file."""
