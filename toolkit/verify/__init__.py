# SPDX-License-Identifier: Apache-2.0
"""What runs is what the model says: the generated C on this computer, a firmware on its board."""
