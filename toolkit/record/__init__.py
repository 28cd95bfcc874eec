# SPDX-License-Identifier: Apache-2.0
"""What a board's sensors sense, fetched over the line and kept as files that the data sources read."""
