# SPDX-License-Identifier: Apache-2.0
"""What a model would take of a board, before anything is built: `tinyml inspect`."""
