# SPDX-License-Identifier: Apache-2.0
"""Why an operator that has no file here cannot be compiled. Found by asking TFLM for each one."""

from __future__ import annotations

_FLOAT_ONLY = frozenset({
    "CEIL", "COS", "FLOOR", "FLOOR_DIV", "FLOOR_MOD", "L2_POOL_2D", "ROUND", "SIN", "SQUARE",
})  # fmt: skip
_MISSING = frozenset({
    "ATAN2", "BIDIRECTIONAL_SEQUENCE_LSTM", "BIDIRECTIONAL_SEQUENCE_RNN", "BITCAST", "BITWISE_XOR",
    "BUCKETIZE", "CONV_3D", "CONV_3D_TRANSPOSE", "DENSIFY", "FAKE_QUANT",
    "LOCAL_RESPONSE_NORMALIZATION", "LSTM", "MATRIX_DIAG", "MATRIX_SET_DIAG", "MULTINOMIAL",
    "NON_MAX_SUPPRESSION_V4", "NON_MAX_SUPPRESSION_V5", "ONE_HOT", "POW", "RANDOM_STANDARD_NORMAL",
    "RANDOM_UNIFORM", "RANGE", "RANK", "REDUCE_ANY", "REDUCE_PROD", "RELU_0_TO_1",
    "REVERSE_SEQUENCE", "RFFT2D", "RIGHT_SHIFT", "RNN", "SCATTER_ND", "SEGMENT_SUM", "SELECT",
    "SIGN", "SPARSE_TO_DENSE", "TOPK_V2", "UNIDIRECTIONAL_SEQUENCE_RNN", "UNIQUE", "WHERE",
})  # fmt: skip


def refusal(kind: str) -> str:
    """Return why an operator of TFLite's name kind is not supported, as a phrase for problems()."""
    if kind == "CUSTOM":
        return "it is a custom operator, which only the program that made the model knows"
    if kind in _FLOAT_ONLY:
        return "the operator is not supported, TensorFlow Lite Micro computes it in float32 only"
    if kind in _MISSING or kind.startswith("STABLEHLO_"):
        return "the operator is not supported, TensorFlow Lite Micro does not have it"
    return "the operator is not supported"
