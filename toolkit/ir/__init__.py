# SPDX-License-Identifier: Apache-2.0
"""The graph that everything between the .tflite file and the C source works on."""
