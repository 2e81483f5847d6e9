"""The parts of a .docx, which is a zip of XML files and hostile until shown otherwise.

Bounded in size, number, ratio, elements and depth; no document type, so no entities; nothing is fetched and nothing is
written outside memory. ECMA-376 part 2 (packages).
"""

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator

from lxml import etree

from dispatch.errors import DocumentError

MAX_FILE_BYTES = 60_000_000
MAX_ENTRIES = 2_000
#: of all entries together, unpacked
MAX_UNPACKED_BYTES = 200_000_000
#: of one XML part, unpacked
MAX_XML_BYTES = 12_000_000
#: of the XML parts that are read, together
MAX_ELEMENTS = 150_000
MAX_DEPTH = 80
#: an entry above 1 MB that shrinks by more is a bomb
MAX_RATIO = 250

_OLE = b"\xd0\xcf\x11\xe0"
_STRICT = {
    b"http://purl.oclc.org/ooxml/wordprocessingml/main": b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    b"http://purl.oclc.org/ooxml/officeDocument/relationships": (
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    ),
    b"http://purl.oclc.org/ooxml/drawingml/wordprocessingDrawing": (
        b"http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
    ),
    b"http://purl.oclc.org/ooxml/drawingml/main": b"http://schemas.openxmlformats.org/drawingml/2006/main",
    b"http://purl.oclc.org/ooxml/drawingml/picture": b"http://schemas.openxmlformats.org/drawingml/2006/picture",
    b"http://purl.oclc.org/ooxml/drawingml/chart": b"http://schemas.openxmlformats.org/drawingml/2006/chart",
}


class Archive:
    """A .docx that has been found harmless to open; its parts by name."""

    def __init__(self, data: bytes, file: str) -> None:
        """Open the zip. Raises DocumentError where it is none, is locked, or is a bomb."""
        self._file = file
        self._elements = 0
        self._zip = _open(data, file)
        self.names = frozenset(self._zip.namelist())

    def read(self, name: str) -> bytes:
        """The bytes of a part. Raises DocumentError where it is missing or broken."""
        try:
            return self._zip.read(name)
        # zipfile lets errors of struct, zlib, codecs and lzma through on broken entries
        except Exception as err:
            raise broken(self._file, f"its part {name} cannot be read") from err

    def xml(self, name: str) -> etree._Element:
        """The root of an XML part. Raises DocumentError where it is broken, too large or too deep."""
        if self._zip.getinfo(name).file_size > MAX_XML_BYTES:
            raise too_much(self._file, f"its part {name} is larger than {MAX_XML_BYTES // 1_000_000} MB")
        data = self.read(name)
        for strict, transitional in _STRICT.items():
            data = data.replace(strict, transitional)
        root = self._parse(data, name)
        self._elements += _count(root, self._file)
        if self._elements > MAX_ELEMENTS:
            raise too_much(self._file, f"it has more than {MAX_ELEMENTS:,} elements")
        return root

    def _parse(self, data: bytes, name: str) -> etree._Element:
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
            remove_comments=True, remove_pis=True,
        )  # fmt: skip
        try:
            root = etree.fromstring(data, parser)
        except (etree.XMLSyntaxError, ValueError) as err:
            if re.search("depth|huge", str(err), re.IGNORECASE):
                raise too_much(self._file, f"its parts are nested more than {MAX_DEPTH} deep") from err
            raise broken(self._file, f"its part {name} is no well-formed XML") from err
        if getattr(root.getroottree().docinfo, "doctype", ""):
            raise broken(self._file, f"its part {name} declares a document type, which no word processor writes")
        return root

    def relations(self, part: str) -> dict[str, tuple[str, str, bool]]:
        """The relations of a part: id -> (last word of the type, target, whether it lies outside the file).

        Targets inside are names of parts.
        """
        folder, _, base = part.rpartition("/")
        name = f"{folder}/_rels/{base}.rels".lstrip("/")
        if name not in self.names:
            return {}
        found = {}
        for element in self.xml(name):
            kind = element.get("Type", "").rpartition("/")[2]
            target = element.get("Target", "")
            is_outside = element.get("TargetMode") == "External"
            if not is_outside:
                target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            found[element.get("Id", "")] = (kind, target, is_outside)
        return found

    def main_part(self) -> str:
        """The name of the part that holds the text. Raises DocumentError where there is none."""
        for kind, target, is_outside in self.relations("").values():
            if kind == "officeDocument" and not is_outside and target in self.names:
                return target
        if "word/document.xml" in self.names:
            return "word/document.xml"
        raise broken(self._file, "it holds no document (it may be a spreadsheet or slides)")


def _open(data: bytes, file: str) -> zipfile.ZipFile:
    if data.startswith(_OLE):
        raise DocumentError(
            "This is an old .doc, or a .docx locked by a password.",
            where=file,
            todo="Open it in Word, take the password away, and save it as .docx.",
        )
    if len(data) > MAX_FILE_BYTES:
        raise too_much(file, f"it has more than {MAX_FILE_BYTES // 1_000_000} MB")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = archive.infolist()
    # zipfile lets struct and value errors through on some broken central directories
    except Exception as err:
        raise broken(file, "it is no .docx inside, whatever its name says") from err
    for problem in _problems(entries):
        raise too_much(file, problem)
    return archive


def _problems(entries: list[zipfile.ZipInfo]) -> Iterator[str]:
    if len(entries) > MAX_ENTRIES:
        yield f"it holds more than {MAX_ENTRIES:,} files"
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
        yield f"unpacked it has more than {MAX_UNPACKED_BYTES // 1_000_000} MB"
    names = [entry.filename for entry in entries]
    if len(set(names)) < len(names):
        yield "it holds two files of one name"
    for entry in entries:
        if entry.flag_bits & 1:
            yield "a part of it is locked by a password"
        if entry.file_size > 1_000_000 and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
            yield f"its part {entry.filename[:60]} unpacks to {MAX_RATIO} times its size and more, as a zip bomb does"


def _count(root: etree._Element, file: str) -> int:
    """The number of elements under a root, at most MAX_DEPTH deep; raises DocumentError beyond that."""
    count, depth = 0, 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        count += event == "start"
        if depth > MAX_DEPTH:
            raise too_much(file, f"its parts are nested more than {MAX_DEPTH} deep")
    return count


def broken(file: str, why: str) -> DocumentError:
    """The error for a file that is no sound .docx."""
    return DocumentError(
        f"This document cannot be read: {why}.",
        where=file,
        todo="Open it in a word processor and save it again as .docx; or save it as plain text (.txt).",
    )


def too_much(file: str, why: str) -> DocumentError:
    """The error for a file beyond the bounds."""
    return DocumentError(
        f"This document is refused: {why}.",
        where=file,
        todo="A brief is far smaller: check the file, take large pictures out, or save it as plain text (.txt).",
    )
