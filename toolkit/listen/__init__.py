# SPDX-License-Identifier: Apache-2.0
"""Long recordings through a project's model and decision: what is detected when, how often wrongly."""
