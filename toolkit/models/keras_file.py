# SPDX-License-Identifier: Apache-2.0
"""A Keras model as a .keras file: equal models give equal bytes."""

from __future__ import annotations

import io
import json
import os
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.files import write_atomic
from toolkit.reading import parse_json, require_file

MOST_KERAS_BYTES = 1 << 30
"""Of a file, and of what is packed in a .keras file."""
_MOST_METADATA_BYTES = 1 << 20
_NO_DATE = "1980-01-01@00:00:00"
_STATELESS = ("keras.initializers", "keras.regularizers", "keras.constraints")


def save_model(
    model: Any,
    path: Path,
    about: Mapping[str, Any] | None = None,
    takes: Mapping[str, Any] | None = None,
) -> None:
    """Write model to path, without its optimizer.

    about and takes, of JSON's types, go into its metadata.json: what made it, and what it takes and gives.

    Keras puts dates and memory addresses into the file; here they are replaced by constants.
    """
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        written = Path(folder) / "model.keras"
        model.save(written)
        more = {"made_by": dict(about or {}), "takes": dict(takes or {})}
        write_atomic(path, _without_dates(written.read_bytes(), more))


def read_metadata(path: Path) -> dict[str, Any]:
    """Return the metadata.json of a .keras file. Raises InputError if it has none."""
    require_file(path, MOST_KERAS_BYTES)
    try:
        with zipfile.ZipFile(path) as archive:
            entry = archive.getinfo("metadata.json")
            if entry.file_size > _MOST_METADATA_BYTES:
                raise ValueError(f"its metadata.json has {entry.file_size:,} bytes")
            found = parse_json(archive.read(entry))
        if not isinstance(found, dict):
            raise ValueError("its metadata.json is no object")
    except (OSError, ValueError, KeyError, RuntimeError, zlib.error, zipfile.BadZipFile) as error:
        raise InputError(f"{path} is not a Keras model, or damaged: {error}.") from error
    return found


def load_model(path: Path) -> Any:
    """Return the model in path, loaded in safe mode: no code of the file's runs.

    Raises InputError if path is not there or holds no model. A file of the old format, HDF5, is refused:
    Keras loads it by other code, which did not keep to safe mode in every release.
    """
    if not os.path.lexists(path):
        raise InputError(f"there is no model {path}.", hint="Try: tinyml train")
    require_file(path, MOST_KERAS_BYTES)
    if path.suffix != ".keras" or not zipfile.is_zipfile(path):
        hint = "Try: keras.saving.load_model, if you trust it, and model.save('model.keras')"
        raise InputError(f"{path} is not a Keras model of the format .keras.", hint=hint)
    try:
        _require_small(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return load_extra("keras").saving.load_model(path, compile=False, safe_mode=True)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{path} is not a Keras model, or damaged: {str(error).rstrip('.')}.",
            hint="Try: make or download the file again; tinyml train makes a project's own",
        ) from error


def _require_small(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        total = sum(entry.file_size for entry in archive.infolist())
    if total > MOST_KERAS_BYTES:
        raise InputError(f"{path} unpacks to {total:,} bytes; at most {MOST_KERAS_BYTES:,} are read.")


def _without_dates(content: bytes, more: Mapping[str, Any]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(stream, "w") as after:
        for name in sorted(before.namelist()):
            data = before.read(name)
            if name == "metadata.json":
                known = {name: value for name, value in more.items() if value}
                data = _json({**parse_json(data), "date_saved": _NO_DATE, **known})
            elif name == "config.json":
                data = _json(_without_addresses({**parse_json(data), "compile_config": None}, {}))
            elif name.endswith(".h5"):
                data = _weights_without_times(data)
            after.writestr(zipfile.ZipInfo(name), data)
    return stream.getvalue()


def _without_addresses(value: Any, seen: dict[int, int]) -> Any:
    """Replace shared_object_id, an address, by the order in which objects first appear.

    A dtype policy or an initializer has no weights that sharing would keep equal, and Keras makes
    some of them anew while it writes: two can have one address by chance. Their ids are dropped.
    """
    if isinstance(value, dict):
        kept = {k: v for k, v in value.items() if k != "shared_object_id" or not _is_stateless(value)}
        return {
            key: seen.setdefault(item, len(seen))
            if key == "shared_object_id"
            else _without_addresses(item, seen)
            for key, item in kept.items()
        }
    if isinstance(value, list):
        return [_without_addresses(item, seen) for item in value]
    return value


def _is_stateless(config: dict[str, Any]) -> bool:
    kind = str(config.get("class_name"))
    return kind.endswith("DTypePolicy") or str(config.get("module")).startswith(_STATELESS)


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _weights_without_times(content: bytes) -> bytes:
    """HDF5 dates every group unless told otherwise when it is made, so the file is made again."""
    h5py = load_extra("h5py")
    plan = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    plan.set_obj_track_times(False)
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    access.set_fapl_core(backing_store=False)
    handle = h5py.h5f.create(b"model.weights.h5", fcpl=plan, fapl=access)
    with h5py.File(io.BytesIO(content), "r") as before, h5py.File(handle) as after:
        _copy_group(before, after)
        after.flush()
        image: bytes = handle.get_file_image()
    return image


def _copy_group(before: Any, after: Any) -> None:
    h5py = load_extra("h5py")
    for name, value in before.attrs.items():
        after.attrs[name] = value
    for name, item in before.items():
        if isinstance(item, h5py.Dataset):
            after.create_dataset(name, data=item[()], track_times=False)
        elif item.name != "/optimizer":
            plan = h5py.h5p.create(h5py.h5p.GROUP_CREATE)
            plan.set_obj_track_times(False)
            _copy_group(item, h5py.Group(h5py.h5g.create(after.id, name.encode(), gcpl=plan)))
