# SPDX-License-Identifier: Apache-2.0
"""Finding a model under a board's budget: candidates, what they cost, what they are worth, and the best of
them.
"""
