# SPDX-License-Identifier: Apache-2.0
"""One file for each kind of package that a library can be written as."""
