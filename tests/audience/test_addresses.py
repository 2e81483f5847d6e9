"""Two tables, of addresses that can be mailed and of those that cannot, and what holds for all of them."""

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from dispatch.audience.addresses import BadAddress, Mailbox, read_address, read_mailbox
from dispatch.model.member import Address

# typed, ascii, key
GOOD = [
    ("jane@example.com", "jane@example.com", "jane@example.com"),
    ("  jane@example.com\t", "jane@example.com", "jane@example.com"),
    ("Jane.Roe@Example.COM", "Jane.Roe@example.com", "jane.roe@example.com"),
    ("jane+briefs@example.org", "jane+briefs@example.org", "jane+briefs@example.org"),
    ("o'neill@example.com", "o'neill@example.com", "o'neill@example.com"),
    ("j_r-1@mail.example.com", "j_r-1@mail.example.com", "j_r-1@mail.example.com"),
    ("-jane@example.com", "-jane@example.com", "-jane@example.com"),
    ("jane@exämple.example.com", "jane@xn--exmple-cua.example.com", "jane@xn--exmple-cua.example.com"),
    ("jane@EXÄMPLE.example.com", "jane@xn--exmple-cua.example.com", "jane@xn--exmple-cua.example.com"),
    ("jane@xn--exmple-cua.example.com", "jane@xn--exmple-cua.example.com", "jane@xn--exmple-cua.example.com"),
    ("jane@日本.example.com", "jane@xn--wgv71a.example.com", "jane@xn--wgv71a.example.com"),
    ("a" * 64 + "@example.com", "a" * 64 + "@example.com", "a" * 64 + "@example.com"),
]

# typed, a part of the reason
BAD = [
    ("", "no address"),
    ("   ", "no address"),
    ("jane", "@-sign"),
    ("@example.com", "before the @-sign"),
    ("jane@", "after the @-sign"),
    ("jane@example", "period"),
    ("jane@@example.com", "@"),
    ("jane..roe@example.com", "two periods"),
    (".jane@example.com", "start with a period"),
    ("jane@example.com.", "end with a period"),
    ("jane@example..com", "two periods"),
    ("jane@-example.com", "hyphen"),
    ("jane@exa_mple.com", "invalid characters"),
    ("jane roe@example.com", "SPACE"),
    ("jane@example.com; joe@example.com", "several addresses"),
    ("jane@example.com, joe@example.com", "several addresses"),
    ("jane@example.com joe@example.com", "several addresses"),
    ('"jane roe"@example.com', "Quoting"),
    ("jane@[192.0.2.1]", "bracketed IP address"),
    ("jané@example.com", "Internationalized characters before"),
    ("ﬀ@example.com", "Internationalized characters before"),
    ("jane@example.test", "special-use"),
    ("jane@localhost", "period"),
    ("a" * 65 + "@example.com", "too long before"),
    ("jane@" + "a" * 64 + ".com", "so many characters"),
    ("jane@" + ".".join(["a" * 60] * 4) + ".example.com", "too long"),
    ("ja\x00ne@example.com", "U+0000"),
    ("jane@exam\u200bple.com", "unsafe"),
    ("jane@example.com\nBcc: joe@example.com", "invalid characters"),
    ("mailto:jane@example.com", "invalid characters"),
    ("x" * 5000 + "@example.com", "far too long"),
]


@pytest.mark.parametrize(("typed", "ascii_form", "key"), GOOD)
def test_a_good_address_gives_what_was_typed_its_ascii_form_and_its_key(typed: str, ascii_form: str, key: str) -> None:
    assert read_address(typed) == Address(typed.strip(), ascii_form, key)  # type: ignore[arg-type]  # NewType of str


@pytest.mark.parametrize(("typed", "part"), BAD)
def test_a_bad_address_gives_one_line_that_says_why(typed: str, part: str) -> None:
    found = read_address(typed)
    assert isinstance(found, BadAddress)
    assert part in found.reason
    assert found.reason.isprintable()
    assert found.reason.endswith(".")


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Jane Roe <jane@example.com>", "Jane Roe"),
        ('"Roe, Jane" <jane@example.com>', "Roe, Jane"),
        ("Roe, Jane <jane@example.com>", "Roe, Jane"),
        ("<jane@example.com>", ""),
        (" Jane\n Roe  < jane@example.com > ", "Jane Roe"),
        ("jane@example.com", ""),
    ],
)
def test_a_name_may_stand_before_the_address(typed: str, name: str) -> None:
    found = read_mailbox(typed)
    assert isinstance(found, Mailbox)
    assert found.name == name
    assert found.address.typed == "jane@example.com"


@pytest.mark.parametrize(
    "typed",
    ["Jane <jane@example.com", "jane@example.com>", "Jane <>", "<a@example.com> <b@example.com>", "x" * 2000],
)
def test_half_an_angle_bracket_is_no_address(typed: str) -> None:
    assert isinstance(read_mailbox(typed), BadAddress)


def test_case_and_punycode_make_no_second_person() -> None:
    spellings = ["Jane@Exämple.example.com", "jane@EXÄMPLE.example.com", "JANE@xn--exmple-cua.example.com"]
    assert {found.key for each in spellings if isinstance(found := read_address(each), Address)} == {
        "jane@xn--exmple-cua.example.com"
    }


_PIECES = st.text(alphabet="aZ0.+_-'é@ <,;x\u200b", max_size=70)


@given(
    local=_PIECES,
    domain=st.sampled_from(["example.com", "EXAMPLE.org", "a-.com", "-a.com", "x.test", "a..b"]),
)
def test_the_quick_road_for_plain_addresses_says_what_the_checker_says(local: str, domain: str) -> None:
    typed = f"{local}@{domain}".strip()
    try:
        valid = validate_email(typed, allow_smtputf8=False, check_deliverability=False, strict=True)
        expected: str | None = valid.ascii_email
    except EmailNotValidError:
        expected = None
    found = read_address(typed)
    assert (found.ascii if isinstance(found, Address) else None) == expected


@given(st.text(max_size=300))
def test_no_text_makes_the_checker_stumble(typed: str) -> None:
    found = read_mailbox(typed)
    assert isinstance(found, Mailbox | BadAddress)


@given(st.text(max_size=80))
def test_a_checked_address_is_its_own_address(typed: str) -> None:
    found = read_address(typed + "@example.com")
    if isinstance(found, Address):
        again = read_address(found.ascii)
        assert isinstance(again, Address)
        assert again.key == found.key
        assert found.ascii.isascii()
