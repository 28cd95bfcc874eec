# SPDX-License-Identifier: Apache-2.0
"""What the sensors of boards are usually set to."""

USUAL_RANGES = {"accel": 4, "gyro": 2000}
"""In g and dps, which a gesture does not leave: those of Arduino's library for the Nano 33 BLE."""
