# SPDX-License-Identifier: Apache-2.0
"""Recipes compared: data sets x models x recipes x seeds, each trained once, and the tables of it."""
