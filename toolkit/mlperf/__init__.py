# SPDX-License-Identifier: Apache-2.0
"""MLPerf Tiny's benchmarks, run by us as its own runner runs them: the same commands, data and results."""
