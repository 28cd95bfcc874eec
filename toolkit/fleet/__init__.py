# SPDX-License-Identifier: Apache-2.0
"""Many boards at once: flashed and checked side by side, as a file lists them."""
