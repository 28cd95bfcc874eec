# SPDX-License-Identifier: Apache-2.0
"""A page on this computer that shows what a model says, live."""
