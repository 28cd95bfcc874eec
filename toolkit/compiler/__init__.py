# SPDX-License-Identifier: Apache-2.0
"""From a .tflite file to C: read, simplify, lower, plan, write; several models, and layers in patches."""
