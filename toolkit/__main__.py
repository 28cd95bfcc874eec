# SPDX-License-Identifier: Apache-2.0
"""`python -m toolkit` is `tinyml`."""

from toolkit.cli.main import main

main()
