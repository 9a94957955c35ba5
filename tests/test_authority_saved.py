"""Does a kept authority lose nothing: with two processes at once, a write cut short, a disk that is full?"""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from certificates import key, root, ssl_code
from cryptography import x509

from tlslearn import Authority, BadInput, TlslearnError, csr, keys

POSIX = os.name == "posix"
JOURNAL = "issued.jsonl"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def fingerprints(authority: Authority) -> list[str]:
    return [entry["fingerprint"] for entry in authority.issued()]


@pytest.fixture
def kept(tmp_path: Path) -> Authority:
    """An issuing CA below the lab root, kept and loaded again."""
    return Authority.load(root().intermediate("Kept CA").save(tmp_path / "ca"))


def run(script: str, *arguments: object, **more: Any) -> subprocess.Popen[str]:
    """A process of its own, which prints one line for each thing it has done."""
    start = "import sys\nfrom pathlib import Path\nfrom tlslearn import Authority\nca = Authority.load(sys.argv[1])\n"
    line = [sys.executable, "-c", start + script, *map(str, arguments)]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)


def output(process: subprocess.Popen[str]) -> list[str]:
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out.split()


class TestKept:
    @pytest.mark.parametrize("kind", ["rsa2048", "p256", "p384", "ed25519"])
    @pytest.mark.parametrize("passphrase", [None, "correct horse"])
    def test_what_was_saved_is_loaded(self, tmp_path: Path, kind: Any, passphrase: str | None) -> None:
        """A loaded authority has the same certificates and key, and issues leaves that are accepted under the root."""
        saved = root().intermediate("Kept CA", key=key(kind, "issuing"), path_length=0)
        assert saved.save(tmp_path / "ca", passphrase) == tmp_path / "ca"
        loaded = Authority.load(tmp_path / "ca", passphrase)
        assert (loaded.certificate, loaded.issuers) == (saved.certificate, saved.issuers)
        assert keys.spki_sha256(loaded.private_key) == keys.spki_sha256(saved.private_key)
        assert ssl_code(loaded.issue(["localhost"], key=key("p256", "leaf")), [root()], strict=True) == 0

    @pytest.mark.skipif(not POSIX, reason="file modes")
    def test_the_key_is_private(self, tmp_path: Path) -> None:
        """The folder is its owner's, the key 0600, and with a passphrase it is encrypted."""
        folder = root().save(tmp_path / "root", "correct horse")
        assert mode(folder) == 0o700
        assert {path.name: mode(path) for path in folder.iterdir()} == {
            "certificate.pem": 0o644,
            "key.pem": 0o600,
            JOURNAL: 0o600,
        }
        assert b"BEGIN ENCRYPTED PRIVATE KEY" in (folder / "key.pem").read_bytes()

    def test_the_list_tells_what_was_signed(self, kept: Authority) -> None:
        """Leaves, signed requests and CAs below stand in it, oldest first, each with its certificate."""
        leaf = kept.issue(["localhost", "127.0.0.1"])
        signed = kept.sign(csr.create(keys.generate(), ["shop.test"]))
        entries = list(kept.issued())
        assert [entry["names"] for entry in entries] == [["localhost", "127.0.0.1"], ["shop.test"]]
        assert [x509.load_der_x509_certificate(b64decode(entry["certificate"])) for entry in entries] == [
            leaf.certificate,
            signed,
        ]
        assert [int(entry["serial"], 16) for entry in entries] == [leaf.certificate.serial_number, signed.serial_number]
        assert entries[0]["fingerprint"] == leaf.fingerprint
        assert entries[0]["not_after"] == leaf.certificate.not_valid_after_utc.isoformat()

    def test_a_ca_below_is_listed_and_its_leaves_are_not(self, tmp_path: Path) -> None:
        """Each authority lists what its own key signs."""
        top = Authority.create("Kept Root")
        top.save(tmp_path / "top")
        below = top.intermediate("Below")
        below.issue(["localhost"])
        assert [entry["subject"] for entry in top.issued()] == ["CN=Below"]
        assert fingerprints(top) == [below.fingerprint]
        with pytest.raises(BadInput, match="Save it first"):
            below.issued()

    def test_the_object_that_was_saved_lists_from_then_on(self, tmp_path: Path) -> None:
        """After `save` nothing that the key signs escapes the list, whichever object is used."""
        saved = Authority.create("Kept Root")
        loaded = Authority.load(saved.save(tmp_path / "ca"))
        expected = [authority.issue(["localhost"]).fingerprint for authority in (saved, loaded, saved)]
        assert fingerprints(saved) == fingerprints(loaded) == expected

    def test_constraints_and_path_length_above_still_hold(self, tmp_path: Path) -> None:
        """A loaded authority knows what those above it may vouch for, and how many CAs may follow."""
        narrow = root().intermediate("Narrow", permitted=["shop.test"])
        loaded = Authority.load(narrow.save(tmp_path / "narrow"))
        for name in ("bank.test", "evil.com"):
            with pytest.raises(BadInput, match=r"may vouch for shop\.test"):
                loaded.issue([name])
        with pytest.raises(BadInput, match="leaves room for 0"):
            loaded.intermediate("Below")
        assert list(loaded.issued()) == []

    def test_a_serial_number_is_used_once(self, kept: Authority) -> None:
        """One that is asked for and stands in the list is refused; nothing is written."""
        kept.issue(["localhost"], serial=7)
        again = Authority.load(kept.directory or "")
        with pytest.raises(BadInput, match="serial number used before: 7"):
            again.issue(["shop.test"], serial=7)
        assert [entry["serial"] for entry in kept.issued()] == ["7"]

    def test_demo_keys_are_refused(self, tmp_path: Path, kept: Authority) -> None:
        """Neither is one saved as an authority's, nor does a kept authority sign one."""
        demo = keys.demo("everybody knows it")
        with pytest.raises(BadInput, match="demo key"):
            Authority.create("Demo", key=demo).save(tmp_path / "demo")
        with pytest.raises(BadInput, match="demo key"):
            kept.issue(["localhost"], key=demo)
        with pytest.raises(BadInput, match="demo key"):
            Authority.load(Authority.create("R").save(tmp_path / "r")).intermediate("Below", key=demo)
        assert not (tmp_path / "demo").exists()
        assert list(kept.issued()) == []

    def test_faults_are_listed_too(self, kept: Authority) -> None:
        """What the key signs with a fault is signed all the same."""
        expired = kept.issue(["localhost"], one_thing_wrong="expired")
        assert fingerprints(kept) == [expired.fingerprint]


class TestNothingIsOverwritten:
    @pytest.mark.parametrize("there", ["file", "folder", "authority", "link"])
    def test_what_is_there_stays(self, tmp_path: Path, there: str) -> None:
        """Whatever has the name already is refused and left as it was."""
        target = tmp_path / "ca"
        if there == "file":
            target.write_text("mine")
        elif there == "authority":
            Authority.create("First").save(target)
        else:
            (tmp_path / "other").mkdir()
            (tmp_path / "other" / "notes").write_text("mine")
            if there == "folder":
                (tmp_path / "other").rename(target)
            else:
                target.symlink_to(tmp_path / "other", target_is_directory=True)
        before = {path: path.is_file() and path.read_bytes() for path in tmp_path.rglob("*")}
        with pytest.raises(BadInput, match="not an empty folder"):
            Authority.create("Second").save(target)
        assert {path: path.is_file() and path.read_bytes() for path in tmp_path.rglob("*")} == before

    def test_a_list_is_not_split(self, tmp_path: Path, kept: Authority) -> None:
        """A kept authority is not saved a second time elsewhere: two lists would each miss what the other has. A copy
        of the whole folder has the list too."""
        leaf = kept.issue(["localhost"])
        with pytest.raises(BadInput, match=r"kept already.*copy all of the folder"):
            kept.save(tmp_path / "second")
        assert not (tmp_path / "second").exists()
        shutil.copytree(kept.directory or "", tmp_path / "copy")
        assert fingerprints(Authority.load(tmp_path / "copy")) == [leaf.fingerprint]

    def test_an_empty_folder_is_taken(self, tmp_path: Path) -> None:
        """Nothing is lost with it."""
        (tmp_path / "ca").mkdir()
        assert Authority.load(Authority.create("R").save(tmp_path / "ca")).directory == tmp_path / "ca"

    def test_a_missing_folder_is_named(self, tmp_path: Path) -> None:
        """The folder above has to be there, and is not made."""
        with pytest.raises(BadInput, match="nowhere"):
            Authority.create("R").save(tmp_path / "nowhere" / "ca")
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("path", [None, 5, "a\0b"])
    def test_what_is_no_path_is_told(self, tmp_path: Path, path: Any) -> None:
        """To save as to load."""
        for call in (Authority.create("R").save, Authority.load):
            with pytest.raises(BadInput, match="not a path"):
                call(path)

    def test_an_empty_passphrase_is_refused(self, tmp_path: Path) -> None:
        """It would be no encryption; nothing is written."""
        with pytest.raises(BadInput, match="empty passphrase"):
            Authority.create("R").save(tmp_path / "ca", "")
        assert list(tmp_path.iterdir()) == []


def without(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).unlink()


def with_other(name: str, data: Callable[[], bytes]) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(data())


def other_root() -> bytes:
    return Authority.create("Other").certificate.public_bytes(keys.Encoding.PEM)


def leaf_of_own_key(folder: Path) -> None:
    own = keys.load(folder / "key.pem")
    leaf = root().issue(["localhost"], key=own).certificate
    (folder / "certificate.pem").write_bytes(leaf.public_bytes(keys.Encoding.PEM))


BROKEN: list[tuple[Callable[[Path], object], str]] = [
    (without("certificate.pem"), r"no authority is kept here.*lacks certificate\.pem"),
    (without("key.pem"), r"lacks key\.pem"),
    (without(JOURNAL), r"lacks issued\.jsonl"),
    (shutil.rmtree, r"lacks certificate\.pem, key\.pem, issued\.jsonl"),
    (with_other("certificate.pem", other_root), "certificate and key are not an authority's"),
    (leaf_of_own_key, "certificate and key are not an authority's"),
    (with_other("certificate.pem", lambda: b"-----BEGIN CERTIFICATE-----\nMII"), "no certificate can be read"),
    (with_other("key.pem", lambda: keys.pem(keys.generate())), "certificate and key are not an authority's"),
    (with_other("issuers.pem", other_root), "not the issuer.*Other above Kept CA"),
    (with_other("issuers.pem", lambda: b""), "no certificate can be read"),
]


@pytest.mark.parametrize(("damage", "told"), BROKEN)
def test_what_does_not_belong_together_is_not_loaded(kept: Authority, damage: Any, told: str) -> None:
    """Each missing, damaged or swapped file is told."""
    folder = kept.directory or Path()
    damage(folder)
    with pytest.raises(BadInput, match=told):
        Authority.load(folder)


@pytest.mark.parametrize(("passphrase", "told"), [(None, "encrypted key"), ("wrong", "passphrase is wrong")])
def test_a_wrong_passphrase_is_told(tmp_path: Path, passphrase: str | None, told: str) -> None:
    """Without the passphrase, or with another, the key stays closed."""
    Authority.create("R").save(tmp_path / "ca", "right")
    with pytest.raises(BadInput, match=told):
        Authority.load(tmp_path / "ca", passphrase)


class TestTwoAtOnce:
    def test_processes_lose_nothing(self, kept: Authority) -> None:
        """Four processes issue at once: each certificate that one of them holds is in the list, once and whole."""
        script = """
print("ready", flush=True)
sys.stdin.readline()
for number in range(25):
    print(ca.issue([f"host{number}.test"]).fingerprint, flush=True)
"""
        processes = [run(script, kept.directory, stdin=subprocess.PIPE) for _ in range(4)]
        for process in processes:
            assert process.stdout and process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin
            process.stdin.write("go\n")
            process.stdin.flush()
        printed = [line for process in processes for line in output(process)]
        assert len(printed) == len(set(printed)) == 100
        assert sorted(printed) == sorted(fingerprints(kept))
        assert len({entry["serial"] for entry in kept.issued()}) == 100

    def test_processes_do_not_share_a_serial_number(self, kept: Authority) -> None:
        """Of four processes that ask for the same number at once, one gets it."""
        script = """
try:
    ca.issue(["localhost"], serial=7)
    print("mine")
except ValueError as error:
    print("used" if "used before" in str(error) else error)
"""
        processes = [run(script, kept.directory) for _ in range(4)]
        assert sorted(line for process in processes for line in output(process)) == ["mine", "used", "used", "used"]
        assert [entry["serial"] for entry in kept.issued()] == ["7"]

    def test_a_reader_sees_whole_lines_alone(self, kept: Authority) -> None:
        """Whoever reads while another writes gets whole entries, without a warning: pytest makes errors of ours."""
        process = run("for number in range(40): print(ca.issue(['localhost']).fingerprint, flush=True)", kept.directory)
        seen = [fingerprints(kept) for _ in range(60)]
        printed = output(process)
        assert all(one == printed[: len(one)] for one in seen)
        assert fingerprints(kept) == printed


class TestCutShort:
    def test_a_killed_process_loses_nothing(self, kept: Authority) -> None:
        """Killed at any moment: what it handed out is listed, and the next one goes on."""
        for _ in range(3):
            process = run("while True: print(ca.issue(['localhost']).fingerprint, flush=True)", kept.directory)
            assert process.stdout
            printed = [process.stdout.readline().strip() for _ in range(10)]
            process.kill()
            printed += process.stdout.read().split()
            process.communicate()
            assert set(printed) <= set(self.listed(kept))
            after = kept.issue(["localhost"]).fingerprint
            assert self.listed(kept)[-1] == after

    def listed(self, authority: Authority) -> list[str]:
        """Whole entries; a kill may leave a torn line, which is told."""
        lines = (authority.directory or Path()).joinpath(JOURNAL).read_text().splitlines()
        found = []
        for line in lines:
            try:
                found.append(json.loads(line)["fingerprint"])
            except ValueError:
                found.append("torn")
        return found

    def test_a_torn_last_line_is_told_and_closed(self, kept: Authority) -> None:
        """Cut anywhere: the entries before it stay, it is told, and the next entry stands on a line of its own."""
        journal = (kept.directory or Path()) / JOURNAL
        first = kept.issue(["localhost"]).fingerprint
        whole = journal.stat().st_size
        kept.issue(["shop.test"])
        data = journal.read_bytes()
        for cut in range(whole + 1, len(data) - 1, 7):
            journal.write_bytes(data[:cut])
            with pytest.warns(UserWarning, match=r"issued\.jsonl: line 2 is not whole"):
                assert fingerprints(kept) == [first]
        third = kept.issue(["bank.test"]).fingerprint
        with pytest.warns(UserWarning, match="line 2 is not whole"):
            assert fingerprints(kept) == [first, third]

    def test_only_the_line_end_is_missing(self, kept: Authority) -> None:
        """Then the entry is whole, and counts."""
        first = kept.issue(["localhost"]).fingerprint
        journal = (kept.directory or Path()) / JOURNAL
        journal.write_bytes(journal.read_bytes()[:-1])
        second = kept.issue(["localhost"]).fingerprint
        assert fingerprints(kept) == [first, second]

    def test_a_full_disk_keeps_the_certificate_back(self, kept: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
        """What cannot be listed is not handed out, and the list is as good as before."""
        first = kept.issue(["localhost"]).fingerprint
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", full)
            with pytest.raises(TlslearnError, match="No space left"):
                kept.issue(["localhost"])
        assert fingerprints(kept)[0] == first

    def test_an_interrupted_save_leaves_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Each step of `save` fails once: there is no folder, nothing beside it, and the next attempt succeeds."""
        authority = root().intermediate("Kept CA")
        steps = 0
        for step in range(100):
            with monkeypatch.context() as patched:
                calls = failing_at(step, patched)
                try:
                    authority.save(tmp_path / "ca")
                except TlslearnError as error:
                    assert "No space left" in str(error)
                if len(calls) <= step:
                    break
            steps += 1
            # Only the very last step, syncing the folder above, comes when the folder has its name.
            assert [path.name for path in tmp_path.iterdir()] in ([], ["ca"])
            assert authority.directory is None
            shutil.rmtree(tmp_path / "ca", ignore_errors=True)
        assert steps > 8, "key, journal, issuers, certificate: each is written, synced and linked"
        assert Authority.load(tmp_path / "ca").certificate == authority.certificate

    def test_a_killed_save_is_not_accepted(self, tmp_path: Path) -> None:
        """Killed at each step in turn: the name is free or the authority is whole, and no half folder is loaded."""
        script = """
import os
from tlslearn import Authority
left = int(sys.argv[2])
real = os.fsync
def fsync(descriptor):
    global left
    left -= 1
    if left < 0:
        os._exit(9)
    real(descriptor)
os.fsync = fsync
Authority(ca.certificate, ca.private_key).save(Path(sys.argv[3]))
"""
        source = Authority.create("Kept Root").save(tmp_path / "source")
        codes = []
        for step in range(12):
            place = tmp_path / str(step)
            place.mkdir()
            process = run(script, source, step, place / "ca")
            process.communicate(timeout=60)
            codes.append(process.returncode)
            for folder in place.iterdir():
                if (folder / "certificate.pem").exists():  # the last to be written
                    assert Authority.load(folder).certificate == Authority.load(source).certificate
                else:
                    assert folder.name != "ca"
                    with pytest.raises(BadInput, match="no authority is kept here"):
                        Authority.load(folder)
        assert codes[:6] == [9] * 6 and codes[-1] == 0


def full(descriptor: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def failing_at(step: int, patched: pytest.MonkeyPatch) -> list[str]:
    """The calls of the operating system that `save` makes, of which the one of this number fails."""
    calls: list[str] = []

    def counted(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **more: Any) -> Any:
            calls.append(name)
            if len(calls) == step + 1:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(*arguments, **more)

        return call

    for name in ("fsync", "rename", "mkdir", "link"):
        patched.setattr(os, name, counted(name, getattr(os, name)))
    return calls


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="counts of the Linux kernel")
class TestWork:
    """Counted, not timed: the seconds are in `make bench`."""

    SCRIPT = """
import gc, json, tracemalloc
def counts():
    gc.collect()
    fields = dict(line.split(": ") for line in open("/proc/self/io").read().splitlines())
    return [int(fields["rchar"]), int(fields["wchar"]), tracemalloc.get_traced_memory()[0]]
key = __import__("tlslearn").keys.generate()
def issue(times):
    for _ in range(times):
        ca.issue(["localhost"], key=key)
tracemalloc.start()
issue(50)
marks = [counts()]
for _ in range(3):
    issue(200)
    marks.append(counts())
print(json.dumps(marks))
"""

    def differences(self, kept: Authority) -> Iterator[list[int]]:
        marks = json.loads("".join(output(run(self.SCRIPT, kept.directory))))
        for one, two in pairwise(marks):
            yield [after - before for before, after in zip(one, two, strict=True)]

    def test_an_issue_costs_the_same_however_long_the_list(self, kept: Authority) -> None:
        """Bytes read and written per issue do not grow with the journal, and memory does not grow at all."""
        longest = 1_500  # bytes of an entry, and what little is read beside it
        rows = list(self.differences(kept))
        for read, written, _remembered in rows:
            assert written <= 200 * longest
            assert read <= 200 * 64 + 8_192  # one byte each, and the counters themselves
        # A certificate alone has some 600 bytes. Python enlarges a table of its own now and then, in one stretch
        # of the three; what is kept of each issue would show in all of them.
        assert sorted(remembered for _, _, remembered in rows)[1] < 200 * 300
        assert len(fingerprints(kept)) == 650

    def test_the_list_is_read_one_entry_at_a_time(self, kept: Authority) -> None:
        """Going through 5,000 entries holds a few of them in memory."""
        kept.issue(["localhost"])
        journal = (kept.directory or Path()) / JOURNAL
        journal.write_bytes(journal.read_bytes() * 5_000)
        script = """
import tracemalloc
tracemalloc.start()
print(sum(1 for _ in ca.issued()), tracemalloc.get_traced_memory()[1])
"""
        number, peak = map(int, output(run(script, kept.directory)))
        assert number == 5_000 and peak < 200_000 < journal.stat().st_size
