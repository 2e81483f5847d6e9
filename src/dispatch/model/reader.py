"""Who opened or clicked: human, proxy or machine, each verdict with its rule.

The rules look at one event alone. They are signs, not proofs; the event itself is never thrown away, and a Report says
how many fell under each.
"""

from dispatch.model.event import Reader

#: mail providers' picture proxies (Google, Yahoo): somebody may have looked
_PROXIES = ("googleimageproxy", "ggpht.com", "yahoomailproxy")
#: security scanners, link previews and programs
_MACHINES = (
    "barracuda",
    "proofpoint",
    "mimecast",
    "symantec",
    "trendmicro",
    "fortimail",
    "sophos",
    "ironport",
    "cisco",
    "python-requests",
    "python-urllib",
    "curl/",
    "wget/",
    "go-http-client",
    "java/",
    "okhttp",
    "headlesschrome",
    "phantomjs",
    "bingpreview",
    "slackbot",
    "skypeuripreview",
    "googlebot",
    "bingbot",
    "applebot",
    "twitterbot",
    "linkedinbot",
    "telegrambot",
    "discordbot",
    "facebookexternalhit",
    "whatsapp/",
)


def judge(user_agent: str, bot_event: str) -> tuple[Reader, str]:
    """Who was behind an open or a click, and the rule that says so.

    `bot_event` is SES's own sign, `Likely` or `Unlikely` (since 2026-08-07), "" where it is absent: unknown, not human.
    """
    agent = user_agent.strip().casefold()
    if bot_event == "Likely":
        return Reader.MACHINE, "the provider says it is likely a bot"
    if agent in ("", "mozilla/5.0"):
        # Apple Mail Privacy Protection fetches every picture with exactly this; real browsers say more.
        return Reader.MACHINE, "prefetch by a mail program (bare user agent)"
    if any(sign in agent for sign in _PROXIES):
        return Reader.PROXY, "picture proxy of a mail provider"
    if any(sign in agent for sign in _MACHINES):
        return Reader.MACHINE, "scanner or program (user agent)"
    return Reader.HUMAN, "no sign of a machine"
