# SPDX-License-Identifier: Apache-2.0
"""What a model would take of a board, known before an epoch is run."""
