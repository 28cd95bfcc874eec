# SPDX-License-Identifier: Apache-2.0
"""How many cycles a core takes for a run of instructions: a model, one file for each core."""
