# SPDX-License-Identifier: Apache-2.0
"""Who is right, to the bit: TensorFlow Lite Micro, TFLite's reference kernels, NumPy."""
