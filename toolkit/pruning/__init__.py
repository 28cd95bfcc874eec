# SPDX-License-Identifier: Apache-2.0
"""Whole channels of a Keras model removed, so that it is smaller and faster in fact."""
