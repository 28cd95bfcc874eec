# SPDX-License-Identifier: Apache-2.0
"""C source from a planned graph: data and calls only, never an algorithm."""
