# SPDX-License-Identifier: Apache-2.0
"""What the operators share: what one is, how they are found, and the arithmetic of several."""
