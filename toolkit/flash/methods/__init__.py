# SPDX-License-Identifier: Apache-2.0
"""One file for each way to flash: METHOD says what it needs, and does it."""
