# SPDX-License-Identifier: Apache-2.0
"""The static arena: who lives when, who lives where, and the proof that nobody is in another's way."""
