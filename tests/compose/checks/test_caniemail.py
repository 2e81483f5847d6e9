"""What a page uses that mail programs lack: the rules against the caniemail data."""

import json
from pathlib import Path

import pytest

from dispatch.compose.checks.caniemail import ACCEPTED, features_of, unsupported_features
from tests.compose.samples import ROOT, tree

DATA = json.loads((ROOT / "src/dispatch/compose/data/clients.json").read_text("utf-8"))
LACKED = sorted(slug for slug, (_, support) in DATA["features"].items() if "n" in support)

#: a page that uses each feature; {} is the body
SAMPLES = {
    "css-display-flex": '<p style="display: flex">x</p>',
    "css-display-grid": '<p style="display:inline-grid">x</p>',
    "css-variables": '<p style="color: var(--x)">x</p>',
    "css-unit-calc": '<p style="width: calc(1px + 2px)">x</p>',
    "css-unit-rem": '<p style="width: 1.5rem">x</p>',
    "css-unit-vw": '<p style="width: 50vw">x</p>',
    "css-unit-vh": '<p style="height: 50vh">x</p>',
    "css-unit-vmin": '<p style="width: 5vmin">x</p>',
    "css-unit-vmax": '<p style="width: 5vmax">x</p>',
    "css-unit-ch": '<p style="width: 60ch">x</p>',
    "css-unit-initial": '<p style="color: initial">x</p>',
    "css-rgba": '<p style="color: rgba(0,0,0,.5)">x</p>',
    "css-modern-color": '<p style="color: oklch(0.5 0.1 20)">x</p>',
    "css-linear-gradient": '<p style="background: linear-gradient(red, blue)">x</p>',
    "css-radial-gradient": '<p style="background: radial-gradient(red, blue)">x</p>',
    "css-conic-gradient": '<p style="background: conic-gradient(red, blue)">x</p>',
    "css-function-clamp": '<p style="width: clamp(1px, 2px, 3px)">x</p>',
    "css-function-max": '<p style="width: max(1px, 2px)">x</p>',
    "css-function-min": '<p style="width: min(1px, 2px)">x</p>',
    "css-function-light-dark": '<p style="color: light-dark(red, blue)">x</p>',
    "css-left-right-top-bottom": '<p style="left: 1px">x</p>',
    "css-gap": '<p style="column-gap: 1px">x</p>',
    "css-grid-template": '<p style="grid-template-columns: 1px">x</p>',
    "css-margin-inline-block": '<p style="margin-inline: 1px">x</p>',
    "css-margin-inline-start-end": '<p style="margin-inline-start: 1px">x</p>',
    "css-padding-inline-block": '<p style="padding-block: 1px">x</p>',
    "css-at-font-face": "<style>@font-face { font-family: x }</style>",
    "css-at-keyframes": "<style>@-webkit-keyframes x { from { color: red } }</style>",
    "css-at-supports": "<style>@supports (color: red) { p { color: red } }</style>",
    "css-at-media-hover": "<style>@media (hover: hover) { p { color: red } }</style>",
    "css-at-media-orientation": "<style>@media (orientation: landscape) { p { color: red } }</style>",
    "css-at-media-prefers-reduced-motion": "<style>@media (prefers-reduced-motion) { p { color: red } }</style>",
    "css-at-media-device-pixel-ratio": "<style>@media (-webkit-min-device-pixel-ratio: 2) { p { color: red } }</style>",
    "css-pseudo-element-before": "<style>p::before { content: 'x' }</style>",
    "css-pseudo-element-after": "<style>p:after { content: 'x' }</style>",
    "css-pseudo-class-has": "<style>p:has(a) { color: red }</style>",
    "css-pseudo-class-not": "<style>@media screen { p:not(.a) { color: red } }</style>",
    "css-pseudo-class-nth-child": "<style>p:nth-child(2) { color: red }</style>",
    "css-selector-adjacent-sibling": "<style>p + p { color: red }</style>",
    "css-selector-general-sibling": "<style>p ~ p { color: red }</style>",
    "html-svg": "<svg></svg>",
    "html-video": '<video src="x.mp4"></video>',
    "html-audio": "<audio></audio>",
    "html-picture": "<picture></picture>",
    "html-form": "<form></form>",
    "html-select": "<select></select>",
    "html-textarea": "<textarea></textarea>",
    "html-input-text": "<input>",
    "html-input-checkbox": '<input type="checkbox">',
    "html-button-submit": '<button type="submit">x</button>',
    "html-semantics": "<section>x</section>",
    "html-srcset": '<img src="x.jpg" srcset="y.jpg 2x">',
    "html-loading-attribute": '<img src="x.jpg" loading="lazy">',
    "html-hidden": "<p hidden>x</p>",
    "html-aria-live": '<p aria-live="polite">x</p>',
    "html-anchor-links": '<a href="#x">x</a>',
    "html-ruby": "<ruby>x</ruby>",
    "html-progress": "<progress></progress>",
    "image-svg": '<img src="https://example.org/x.svg?y=1">',
    "image-webp": '<img src="https://example.org/x.webp">',
    "image-avif": '<img src="https://example.org/x.AVIF">',
    "image-base64": '<img src="data:image/png;base64,AA">',
}
#: single properties need no sample of their own: the name of the property is the end of the slug
PROPERTIES = [
    slug
    for slug in LACKED
    if slug.startswith("css-")
    and slug not in SAMPLES
    and not slug.startswith(("css-at-", "css-pseudo-", "css-selector-", "css-unit-", "css-function-", "css-display-"))
]
#: groups of properties under a name that is none, and what no page shows in its source
NO_PROPERTY = {
    "css-block-inline-size", "css-border-inline-block", "css-border-inline-block-individual", "css-intrinsic-size",
    "css-border-inline-block-longhand", "css-border-radius-logical", "css-column-layout-properties", "css-nesting",
    "css-inert-attribute", "css-margin-block-start-end", "css-padding-block-start-end", "css-padding-inline-start-end",
    "css-sytem-ui",
}  # fmt: skip


def found_in(html: str) -> list[str]:
    return [lack.slug for lack in unsupported_features(tree(f"<html><body>{html}</body></html>"))]


@pytest.mark.parametrize("slug", sorted(set(SAMPLES) - ACCEPTED))
def test_a_feature_that_some_clients_lack_is_found(slug: str) -> None:
    assert slug in found_in(SAMPLES[slug])


@pytest.mark.parametrize("slug", sorted(set(PROPERTIES) - NO_PROPERTY - ACCEPTED))
def test_a_property_that_some_clients_lack_is_found(slug: str) -> None:
    assert found_in(f'<p style="{slug.removeprefix("css-")}: x">x</p>') == [slug]


def test_what_all_clients_know_is_let_be() -> None:
    assert (
        found_in(
            '<p style="color:#1f2328;font-size:17px;line-height:27px"><b>x</b><a href="https://example.org">y</a></p>'
        )
        == []
    )


def test_a_lack_names_the_clients() -> None:
    [lack] = unsupported_features(tree('<html><body><p style="display:flex">x</p></body></html>'))
    assert "Outlook Windows" in lack.clients
    assert "Apple Mail iOS" not in lack.clients


def test_only_what_is_used_is_accepted() -> None:
    used: set[str] = set()
    for file in (ROOT / "tests/fixtures/briefs").glob("*/golden/c*.html"):
        if "web" not in file.name:
            used |= set(features_of(tree(file.read_text("utf-8"))))
    assert ACCEPTED - used == set()


def test_the_data_carries_its_source_and_licence() -> None:
    assert "caniemail 2.0.2" in DATA["source"]
    licence = Path(ROOT / "src/dispatch/compose/data/LICENSE-caniemail").read_text("utf-8")
    assert licence.startswith("MIT License")
