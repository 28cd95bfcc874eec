# SPDX-License-Identifier: Apache-2.0
"""When a stream shows a class: the rule that the firmware's C computes, in the same integers."""
