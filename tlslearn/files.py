"""How does a file reach the disk whole, private and without overwriting another? The only room that writes; and reads.

Sections: none.
Leaves out: what is in the files, and secrecy beyond the file mode (Windows ignores all of it but read-only).
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from .check import BadInput, TlslearnError

# File systems without hard links (FAT, some network shares) answer os.link with one of these.
_NO_HARD_LINKS = {errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EMLINK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL}
_TAKEN = {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR}  # so is a folder that has something in it, or a file


LARGEST = 16_000_000  # bytes of a file that is read: no key, request or bundle of certificates comes near it


def read(path: str | os.PathLike[str]) -> bytes:
    """All of a file. Raises BadInput for no such file, a folder, one that may not be read, is empty or over LARGEST."""
    try:
        with _path(path).open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise BadInput("cannot read the file", value=str(path), fix=f"{error.strerror}.") from error
    if not data:
        raise BadInput("this file is empty", value=str(path), fix="Make it again, or name another.")
    if len(data) > LARGEST:
        raise BadInput("this file is too large", value=str(path), fix=f"Over {LARGEST:,} bytes: name another.")
    return data


def write_atomically(
    path: str | os.PathLike[str], data: bytes | str, *, mode: int = 0o600, overwrite: bool = False
) -> Path:
    """Write `data` (text as UTF-8) to `path` at once: a reader sees the old file or the new one, never half of it.

    The bytes are private (mode 0600) from the first one on; `mode` is set before the name appears.
    Raises BadInput for a file that exists (unless `overwrite`), a folder in its place or a missing folder,
    TlslearnError where the folder cannot be written.
    """
    target = _path(path)
    _refuse_bad_target(target, overwrite)
    temporary = _write_beside(target, data.encode() if isinstance(data, str) else data, mode)
    try:
        if overwrite:
            os.replace(temporary, target)
        else:
            _publish_new(temporary, target)
        _sync_folder(target.parent)
    except FileExistsError:
        raise _exists(target) from None
    except OSError as error:
        raise _unwritable(target, error) from error
    finally:
        temporary.unlink(missing_ok=True)
    return target


def write_folder(path: str | os.PathLike[str], contents: Mapping[str, tuple[bytes, int]]) -> Path:
    """Make a folder (mode 0700) with these files, each its bytes and its mode, at once: all of it is there, or nothing.

    An empty folder in its place is taken, and anything else left alone.
    Raises BadInput where something is there or the folder above is missing, TlslearnError where it cannot be written.
    """
    import shutil  # here and below: both draw in archives, and most who import this room write nothing
    import tempfile

    target = Path(path)
    if not target.parent.is_dir():
        raise BadInput("no such folder", value=str(target.parent), fix="Make the folder first.")
    try:
        beside = Path(tempfile.mkdtemp(prefix=".tlslearn-", dir=target.parent))
        try:
            for name, (data, mode) in contents.items():
                write_atomically(beside / name, data, mode=mode)
            os.rename(beside, target)
        finally:
            shutil.rmtree(beside, ignore_errors=True)  # which is not there any more where all went well
        _sync_folder(target.parent)
    except OSError as error:
        if error.errno in _TAKEN:  # a rename replaces an empty folder alone
            raise BadInput("not an empty folder", value=str(target), fix="Name another one.") from None
        raise _unwritable(target, error) from error
    return target


def append_line(
    path: str | os.PathLike[str], line: str, *, mode: int = 0o600, first: Callable[[], object] | None = None
) -> None:
    """Add one line to a file, under its lock, and wait until it is on the disk.

    A last line that a crash cut short is closed first, so that the new one stands alone. `first` is called under the
    lock; what it raises keeps the line out.
    Raises BadInput for text of more than one line, TlslearnError where the file cannot be written.
    """
    if "\n" in line or "\r" in line:
        raise BadInput("not one line", value=line, fix="Write lines one by one.")
    target = Path(path)
    with locked(target):
        if first is not None:
            first()
        try:
            descriptor = os.open(target, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), mode)
            with os.fdopen(descriptor, "a+b") as file:
                file.write(_line_end_missing(file) + line.encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise _unwritable(target, error) from error


@contextmanager
def locked(path: str | os.PathLike[str]) -> Iterator[None]:
    """Hold the lock of `path` (a file beside it, named `<name>.lock`): one holder at a time, threads included.

    Not re-entrant. The lock file stays: deleting it would let two holders in.
    Raises TlslearnError where the lock file cannot be made.
    """
    beside = Path(path).with_name(Path(path).name + ".lock")
    try:
        descriptor = os.open(beside, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise _unwritable(beside, error) from error
    try:
        _lock(descriptor)
        try:
            yield
        finally:
            _unlock(descriptor)
    finally:
        os.close(descriptor)


if sys.platform == "win32":  # pragma: no cover
    import msvcrt

    def _lock(descriptor: int) -> None:
        while True:
            try:
                msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
                return
            except OSError as error:  # LK_LOCK gives up after ten seconds; a lock should wait
                if error.errno != errno.EDEADLOCK:
                    raise

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

    def _sync_folder(folder: Path) -> None:
        """Windows keeps folder entries without being asked."""

else:
    import fcntl

    # flock belongs to the open file, so two threads with a descriptor each exclude one another (lockf would not).
    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)

    def _sync_folder(folder: Path) -> None:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno != errno.EINVAL:  # some file systems cannot sync a folder
                raise
        finally:
            os.close(descriptor)


def _path(path: str | os.PathLike[str]) -> Path:
    if not isinstance(path, str | os.PathLike) or "\0" in str(path):
        raise BadInput("not a path", value=path, fix="Name a file.")
    return Path(path)


def _refuse_bad_target(target: Path, overwrite: bool) -> None:
    if target.is_dir():
        raise BadInput("this is a folder", value=str(target), fix="Name a file in it.")
    if not target.parent.is_dir():
        raise BadInput("no such folder", value=str(target.parent), fix="Make the folder first.")
    if not overwrite and os.path.lexists(target):
        raise _exists(target)


def _write_beside(target: Path, data: bytes, mode: int) -> Path:
    """A finished temporary file in the target's folder, so that giving it its name is one step."""
    import tempfile

    try:
        descriptor, name = tempfile.mkstemp(prefix=".tlslearn-", dir=target.parent)
    except OSError as error:
        raise _unwritable(target, error) from error
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(mode)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _unwritable(target, error) from error
        raise
    return temporary


def _publish_new(temporary: Path, target: Path) -> None:
    """Give the file its name, which must be free: a hard link fails where the name is taken, a rename would not."""
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        _reserve_and_replace(temporary, target)


def _reserve_and_replace(temporary: Path, target: Path) -> None:
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        os.replace(temporary, target)
    except BaseException:  # an interruption too must not leave the empty file that held the name
        target.unlink()
        raise


def _line_end_missing(file: BinaryIO) -> bytes:
    """What must stand before the next line: nothing, or the end of a line that was cut short."""
    if file.seek(0, os.SEEK_END) == 0:
        return b""
    file.seek(-1, os.SEEK_END)
    return b"" if file.read(1) == b"\n" else b"\n"


def _exists(target: Path) -> BadInput:
    return BadInput("this file exists", value=str(target), fix="Say overwrite=True to replace it, or name another.")


def _unwritable(target: Path, error: OSError) -> TlslearnError:
    reason = error.strerror or type(error).__name__
    return TlslearnError(
        f"cannot write here ({reason})", value=str(target), fix="Name a folder that you may write to and that has room."
    )
