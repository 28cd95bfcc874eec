# SPDX-License-Identifier: Apache-2.0
"""What holds for every test, before any of them imports anything heavy."""

from toolkit.extras import settle_tensorflow

# TensorFlow imported by one test without this computes otherwise than in a process of its own.
settle_tensorflow()
