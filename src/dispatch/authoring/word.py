"""A .docx becomes a Document: mammoth reads a copy of it that holds nothing but plain parts made here."""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

import mammoth.docx
from lxml import etree

from dispatch.authoring.archive import Archive, broken, too_much
from dispatch.authoring.document import Document, LeftOut, Remark
from dispatch.authoring.wordpictures import Relations, settle_pictures, words_of_drawn
from dispatch.authoring.wordstyles import Numbering, Styles, outline_of
from dispatch.authoring.wordtext import TextReader
from dispatch.authoring.wordxml import BOXED, PLACE, Gathered, W, make_plain, place_of, text_of

_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/></Types>'
)
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_LINK = re.compile(r"(?:https?://|mailto:)[^\s<>\"\\]+", re.IGNORECASE)


@dataclass
class _Package:
    """A .docx under work."""

    archive: Archive
    main: str
    relations: Relations
    gathered: Gathered
    styles: Styles
    numbering: Numbering
    #: names of the parts that hold its pictures, by index
    pictures: list[str]

    def part(self, kind: str) -> str:
        """The name of the part that the document relates to as `kind`, "" for none."""
        for found, target, is_outside in self.relations.values():
            if found == kind and not is_outside and target in self.archive.names:
                return target
        return ""


def read_word(data: bytes, file: str) -> Document:
    """The Document in a .docx. Raises DocumentError for what is broken, too large, or made to do harm."""
    package = _open(data, file)
    root = package.archive.xml(package.main)
    source = [text_of(root), *_words_beside(package, root)]
    if changed := sum(1 for _ in root.iter(W + "ins", W + "del", W + "moveTo")):
        package.gathered.look_at.append(Remark(f"{changed} tracked changes were taken as accepted."))
    parts: dict[str, bytes] = {"word/document.xml": _plain_part(root, package.main, package, "document", numbers=True)}
    comments = dict(_comment_places(root))
    for kind in ("footnotes", "endnotes"):
        if name := package.part(kind):
            notes = package.archive.xml(name)
            source.append(text_of(notes))
            parts[f"word/{kind}.xml"] = _plain_part(notes, name, package, kind, numbers=False)
    _add_comments(package, comments)
    document = _read_plain(package, parts, file)
    document.source = "\n".join(source)
    return document


def _open(data: bytes, file: str) -> _Package:
    archive = Archive(data, file)
    main = archive.main_part()
    relations = archive.relations(main)
    package = _Package(archive, main, relations, Gathered(), Styles(), Numbering(Styles()), [])
    styles, numbering = package.part("styles"), package.part("numbering")
    package.styles = Styles.read(archive.xml(styles) if styles else None)
    package.numbering = Numbering.read(archive.xml(numbering) if numbering else None, package.styles)
    return package


def _words_beside(package: _Package, root: etree._Element) -> Iterator[str]:
    """The words of headers, footers, comments, charts and diagrams; those of headers and footers are left out here."""
    done: set[str] = set()
    for kind, target, is_outside in package.relations.values():
        if is_outside or target in done or target not in package.archive.names:
            continue
        if kind in {"header", "footer"}:
            done.add(target)
            words = text_of(package.archive.xml(target)).strip()
            yield words
            if words:
                package.gathered.left_out.append(LeftOut(words, f"the {kind} of the page"))
        elif kind == "comments":
            done.add(target)
            yield text_of(package.archive.xml(target))
    charts = root.iter(
        "{http://schemas.openxmlformats.org/drawingml/2006/chart}chart",
        "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds",
    )
    for chart in charts:
        relation = chart.get(f"{{{_OFFICE}}}id") or chart.get(f"{{{_OFFICE}}}dm") or ""
        yield words_of_drawn(package.archive, package.relations.get(relation, ("", "", False))[1])


def _plain_part(root: etree._Element, name: str, package: _Package, kind: str, *, numbers: bool) -> bytes:
    """The XML of a part as the reader gets it."""
    relations = package.relations if kind == "document" else package.archive.relations(name)
    make_plain(root, package.gathered, numbers=numbers)
    settle_pictures(root, relations, package.archive, package.gathered, package.pictures)
    _settle_links(root, relations, package.gathered)
    for paragraph in root.iter(W + "p"):
        _mark(paragraph, package)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _settle_links(root: etree._Element, relations: Relations, gathered: Gathered) -> None:
    """Turn each link into a field that names its target, or take it away where mail must not carry it."""
    for link in list(root.iter(W + "hyperlink")):
        _, target, is_outside = relations.get(link.get(f"{{{_OFFICE}}}id", ""), ("", "", False))
        target = target + ("#" + anchor if (anchor := link.get(W + "anchor")) and target else "")
        link.attrib.clear()
        if is_outside and _LINK.fullmatch(target):
            link.set(f"{{{_OFFICE}}}id", "link:" + target)
        elif is_outside:
            remark = f"A link was taken away, its words stay; mail carries only http, https and mailto: {target[:80]}"
            gathered.look_at.append(Remark(remark, place_of(link)))


def _mark(paragraph: etree._Element, package: _Package) -> None:
    """Put a bookmark into a paragraph that carries what the reader of the text would not see."""
    signs = (
        paragraph.get(PLACE, "0"),
        "1" if paragraph.get(BOXED) else "0",
        str(package.numbering.next(paragraph)),
        str(outline_of(paragraph, package.styles)),
    )
    for attribute in (PLACE, BOXED):
        if attribute in paragraph.attrib:
            del paragraph.attrib[attribute]
    mark = etree.Element(W + "bookmarkStart")
    mark.set(W + "name", "/".join(signs))
    paragraph.insert(1 if len(paragraph) and paragraph[0].tag == W + "pPr" else 0, mark)


def _comment_places(root: etree._Element) -> Iterator[tuple[str, int]]:
    place = 0
    for element in root.iter(W + "bookmarkStart", W + "commentReference"):
        if element.tag == W + "bookmarkStart":
            place = int(element.get(W + "name", "0/").split("/")[0])
        else:
            yield element.get(W + "id", ""), place


def _add_comments(package: _Package, places: dict[str, int]) -> None:
    name = package.part("comments")
    for comment in package.archive.xml(name).iterfind(W + "comment") if name else ():
        who = comment.get(W + "author") or "someone"
        place = places.get(comment.get(W + "id", ""), 0)
        package.gathered.left_out.append(LeftOut(text_of(comment).strip(), f"a comment by {who}", place))


def _read_plain(package: _Package, parts: dict[str, bytes], file: str) -> Document:
    """Let mammoth read the plain parts, and make a Document of what it finds."""
    parts["[Content_Types].xml"] = _TYPES.encode()
    for kind in ("document", "footnotes", "endnotes"):
        if f"word/{kind}.xml" in parts:
            parts[f"word/_rels/{kind}.xml.rels"] = _relations(parts[f"word/{kind}.xml"], package)
    for kind in ("styles", "numbering"):
        if name := package.part(kind):
            parts[f"word/{kind}.xml"] = etree.tostring(package.archive.xml(name), encoding="UTF-8")
    for index, name in enumerate(package.pictures):
        parts[f"word/media/{index}.png"] = name.encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        for name, data in parts.items():
            made.writestr(name, data)
    packed.seek(0)
    try:
        found = mammoth.docx.read(packed).value
    except RecursionError as err:
        raise too_much(file, "its parts are nested too deep") from err
    # mammoth trusts its input: a wrong number or a missing part surfaces as any kind of error
    except Exception as err:
        raise broken(file, f"its structure makes no sense ({type(err).__name__})") from err
    return TextReader(package.archive, package.styles, package.gathered).read(found)


def _relations(part: bytes, package: _Package) -> bytes:
    """The relations of a plain part: its links, and each picture by its index."""
    links = set(re.findall(rb'"(link:[^"]*)"', part))
    lines = [
        f'<Relationship Id="picture{index}" Type="{_OFFICE}/image" Target="media/{index}.png"/>'
        for index in range(len(package.pictures))
    ]
    for link in links:
        quoted = link.decode()
        target = quoted.removeprefix("link:")
        lines.append(
            f'<Relationship Id="{quoted}" Type="{_OFFICE}/hyperlink" Target="{target}" TargetMode="External"/>'
        )
    return f'<Relationships xmlns="{_RELATIONS}">{"".join(lines)}</Relationships>'.encode()
