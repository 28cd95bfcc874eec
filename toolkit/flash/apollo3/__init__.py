# SPDX-License-Identifier: Apache-2.0
"""Apollo3's secure bootloader: what it installs, what is said to it, and the update over a serial line."""
