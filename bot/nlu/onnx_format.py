"""A network as a file in the ONNX format, which ONNX Runtime reads.

Only what our networks consist of can be said: the package `onnx`, which could say everything, brings protobuf for it. Numbers of fields are
those of onnx.proto3 (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

_IR_VERSION: Final = 8
_OPERATORS: Final = 17
_ELEMENTS: Final = {
    np.dtype(np.float32): 1,
    np.dtype(np.float16): 10,
    np.dtype(np.uint8): 2,
    np.dtype(np.int8): 3,
    np.dtype(np.int32): 6,
    np.dtype(np.int64): 7,
}
_FLOAT, _INT, _INTS = 1, 2, 7
_VARIABLE, _LENGTH, _FOUR_BYTES = 0, 2, 5

Array = npt.NDArray[Any]


def _varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def _number(field: int, number: int) -> bytes:
    return _varint(field << 3 | _VARIABLE) + _varint(number)


def _bytes(field: int, content: bytes | str) -> bytes:
    content = content.encode() if isinstance(content, str) else content
    return _varint(field << 3 | _LENGTH) + _varint(len(content)) + content


def _tensor(name: str, array: Array) -> bytes:
    shape = b"".join(_number(1, size) for size in array.shape)
    return shape + _number(2, _ELEMENTS[array.dtype]) + _bytes(8, name) + _bytes(9, np.ascontiguousarray(array).tobytes())


def _value(name: str, kind: npt.DTypeLike, shape: Sequence[int | str]) -> bytes:
    sizes = b"".join(_bytes(1, _number(1, size) if isinstance(size, int) else _bytes(2, size)) for size in shape)
    return _bytes(1, name) + _bytes(2, _bytes(1, _number(1, _ELEMENTS[np.dtype(kind)]) + _bytes(2, sizes)))


def _attribute(name: str, value: float | Sequence[int]) -> bytes:
    if isinstance(value, float):
        said = _varint(2 << 3 | _FOUR_BYTES) + struct.pack("<f", value) + _number(20, _FLOAT)
    elif isinstance(value, int):
        said = _number(3, value) + _number(20, _INT)
    else:
        said = b"".join(_number(8, each) for each in value) + _number(20, _INTS)
    return _bytes(1, name) + said


class Graph:
    """A network, built from its inputs to its output; values are known by the names that its methods give."""

    def __init__(self) -> None:
        self._nodes: list[bytes] = []
        self._constants: list[bytes] = []
        self._inputs: list[bytes] = []
        self._named = 0

    def _name(self) -> str:
        self._named += 1
        return f"v{self._named}"

    def input(self, name: str, kind: npt.DTypeLike, *shape: int | str) -> str:
        """What is given at each run; a size that differs from run to run is a word."""
        self._inputs.append(_value(name, kind, shape))
        return name

    def constant(self, array: npt.ArrayLike, kind: npt.DTypeLike = np.float32) -> str:
        """What is always the same."""
        name = self._name()
        self._constants.append(_tensor(name, np.asarray(array, dtype=kind)))
        return name

    def each(self, operator: str, *inputs: str, outputs: int, **attributes: float | Sequence[int]) -> list[str]:
        """The results of an operator that has several (https://onnx.ai/onnx/operators/)."""
        names = [self._name() for _ in range(outputs)]
        named = b"".join(_bytes(1, name) for name in inputs) + b"".join(_bytes(2, name) for name in names)
        self._nodes.append(named + _bytes(4, operator) + b"".join(_bytes(5, _attribute(*each)) for each in attributes.items()))
        return names

    def one(self, operator: str, *inputs: str, **attributes: float | Sequence[int]) -> str:
        """The result of an operator that has one."""
        return self.each(operator, *inputs, outputs=1, **attributes)[0]

    def file(self, output: str, kind: npt.DTypeLike, *shape: int | str) -> bytes:
        """The network that gives `output`."""
        parts = ((1, self._nodes), (5, self._constants), (11, self._inputs), (12, [_value(output, kind, shape)]))
        graph = _bytes(2, "network") + b"".join(_bytes(field, part) for field, content in parts for part in content)
        return _number(1, _IR_VERSION) + _bytes(7, graph) + _bytes(8, _bytes(1, "") + _number(2, _OPERATORS))
