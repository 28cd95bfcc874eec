# SPDX-License-Identifier: Apache-2.0
"""What code is made for: boards, and the cores that they have."""
