"""What is wrong with the pictures of a Brief and with the words beside them."""

from collections.abc import Iterator

from dispatch.compose.checks.material import Material
from dispatch.model.brand import Picture
from dispatch.model.brief import Figure
from dispatch.model.finding import Finding, Level, Place

#: below this a picture looks blurred on a sharp screen: three quarters of twice its column
SMALL_PX, SMALL_HALF_PX = 900, 430
HEAVY_BYTES, TOO_HEAVY_BYTES, HEAVY_TOGETHER_BYTES = 250_000, 1_000_000, 800_000
_LONG_ALT = 250


def about_pictures(material: Material) -> Iterator[Finding]:
    """Everything about the pictures."""
    for figure in material.brief.figures:
        place = material.place(figure.file, figure.line)
        yield from _about_words(figure, place)
        picture = material.pictures.get(figure.file)
        if figure.is_stand_in:
            yield _stand_in(figure, place)
        elif picture is not None:
            yield from _about_size(figure, picture, place)
    yield from _about_weight(material)


def _about_words(figure: Figure, place: Place) -> Iterator[Finding]:
    if not figure.alt:
        yield Finding(
            Level.ERROR,
            "alt-missing",
            f"The picture {figure.file!r} has no alternative text.",
            place,
            "Say between the square brackets what it shows, for readers who cannot see it.",
        )
    elif figure.alt.casefold() == figure.caption.casefold():
        yield Finding(
            Level.WARNING,
            "alt-repeats-caption",
            "The alternative text repeats the caption, so a screen reader says it twice.",
            place,
            "Say in the alternative text what can be seen.",
        )
    elif len(figure.alt) > _LONG_ALT:
        yield Finding(
            Level.NOTE,
            "alt-long",
            f"The alternative text has {len(figure.alt)} characters.",
            place,
            "One sentence is enough.",
        )
    if not figure.caption:
        yield Finding(
            Level.WARNING,
            "caption-missing",
            f"The picture {figure.file!r} has no caption.",
            place,
            'Add it after the file\'s name: ![…](images/… "The caption.")',
        )
    if not figure.credit:
        yield Finding(
            Level.WARNING,
            "credit-missing",
            f"The picture {figure.file!r} has no credit.",
            place,
            'Add it in braces after the picture: {credit="Name / Agency"}',
        )


def _stand_in(figure: Figure, place: Place) -> Finding:
    return Finding(
        Level.NOTE,
        "stand-in-picture",
        f"The picture {figure.file!r} is a stand-in; real mail refuses it.",
        place,
        "Put the real picture in its place and remove .stand-in from the braces.",
    )


def _about_size(figure: Figure, picture: Picture, place: Place) -> Iterator[Finding]:
    least = SMALL_HALF_PX if figure.is_half else SMALL_PX
    if picture.width_px < least and picture.height_px < 1500:
        yield Finding(
            Level.WARNING,
            "picture-small",
            f"The picture {figure.file!r} is {picture.width_px} pixels wide; it is shown no larger, and looks soft.",
            place,
            f"Use one of at least {least} pixels; 1,184 is best.",
        )
    if picture.data_bytes > HEAVY_BYTES:
        level = Level.ERROR if picture.data_bytes > TOO_HEAVY_BYTES else Level.WARNING
        yield Finding(
            level,
            "picture-heavy",
            f"The picture {figure.file!r} has {picture.data_bytes // 1000} kB even after it was made smaller.",
            place,
            "Use a calmer detail of it, or a smaller one.",
        )


def _about_weight(material: Material) -> Iterator[Finding]:
    sizes = {picture.name: picture.data_bytes for picture in material.pictures.values()}
    for _, edition in material.views():
        together = sum(sizes.get(name, 0) for name in edition.pictures)
        if together > HEAVY_TOGETHER_BYTES:
            yield Finding(
                Level.WARNING,
                "pictures-heavy",
                f"The pictures have {together // 1000} kB together; a phone on the road waits for them.",
                Place(material.brief.file),
                "Leave one out, or make some half width.",
                edition.audience,
            )
