# SPDX-License-Identifier: Apache-2.0
"""Sources of engines that are no part of the toolkit: fetched, checked by hash, kept in the cache."""
