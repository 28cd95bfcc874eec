# SPDX-License-Identifier: Apache-2.0
"""A model as a library for somebody else's build: what it is made of, and the kinds of packages."""
