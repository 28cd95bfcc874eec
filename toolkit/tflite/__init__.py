# SPDX-License-Identifier: Apache-2.0
"""The flatbuffer of TensorFlow Lite, read into a Graph; nothing else."""
