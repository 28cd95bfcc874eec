# SPDX-License-Identifier: Apache-2.0
"""What a model says of files that are none of its data."""
