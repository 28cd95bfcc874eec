# SPDX-License-Identifier: Apache-2.0
"""One model on everything that can run it, layer by layer: `tinyml bisect`."""
