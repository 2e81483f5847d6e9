"""One watcher over everything that a Brief is made of: its folder, the templates, the wordmarks, dispatch.toml."""

import asyncio
from pathlib import Path

from watchfiles import Change, awatch

from dispatch.pipeline.prepare import TEMPLATES_FOLDER
from dispatch.web.preview.live import Live

#: quiet time after a change before it is read, and the longest wait, in milliseconds
STEP_MS, LONGEST_MS = 15, 120


async def watch(live: Live) -> None:
    """Refresh whenever a file changes, until cancelled. The folders are found again when the workspace changes."""
    while True:
        is_other = asyncio.Event()
        folders = folders_of(live)
        tasks = [asyncio.create_task(_follow(live, folders, True, is_other))] if folders else []
        tasks.append(asyncio.create_task(_follow(live, [live.workspace], False, is_other)))
        try:
            await is_other.wait()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def folders_of(live: Live) -> list[Path]:
    """The folders below the workspace whose files reach the mail."""
    brands = {audience.brand.slug: audience.brand for audience in live.shown.bearings.audiences}
    wordmarks = [name for brand in brands.values() for name in (brand.wordmark, brand.wordmark_dark) if name]
    wanted = {live.brief_file.parent, live.workspace / TEMPLATES_FOLDER}
    wanted |= {(live.workspace / name).parent for name in wordmarks}
    wanted = {folder.resolve() for folder in wanted if folder.is_dir()} - {live.workspace.resolve()}
    return sorted(folder for folder in wanted if not any(other in folder.parents for other in wanted))


async def _follow(live: Live, folders: list[Path], recursive: bool, is_other: asyncio.Event) -> None:
    watched = folders_of(live)
    changes = awatch(
        *folders, watch_filter=_matters, recursive=recursive, step=STEP_MS, debounce=LONGEST_MS, rust_timeout=500
    )
    async for _ in changes:
        await asyncio.to_thread(live.refresh)
        if folders_of(live) != watched:
            is_other.set()


def _matters(change: Change, path: str) -> bool:
    """Whether a change can reach the mail; editors' own files and dispatch's cannot."""
    name = Path(path).name
    return not name.startswith(".") and not name.endswith(("~", ".tmp", ".swp"))
