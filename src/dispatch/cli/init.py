"""`dispatch init`: writes a workspace: settings, templates, sample lists, the seed brief."""

from pathlib import Path

import click

#: what a new workspace gets
STARTER = ("dispatch.toml", "templates", "subscribers", "briefs")


@click.command("init", short_help="Create a workspace in a folder.")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
def init_command(folder: Path) -> None:
    """Make a workspace in DIR: settings, templates, sample member lists and a first brief.

    Nothing that is in DIR already is touched; a folder that holds a workspace is refused.
    """
    import shutil

    from dispatch.errors import WorkspaceError
    from dispatch.settings import SETTINGS_FILE

    if (folder / SETTINGS_FILE).exists():
        raise WorkspaceError(
            "There is a workspace already.",
            where=str(folder / SETTINGS_FILE),
            todo="Use it as it is, or name another folder.",
        )
    taken = [name for name in STARTER if (folder / name).exists()]
    if taken:
        raise WorkspaceError(
            "These are there already: " + ", ".join(taken) + ".",
            where=str(folder),
            todo="Name an empty folder.",
        )
    source = starter_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # dispatch.toml comes last: until it is there, the folder is no workspace.
        for name in reversed(STARTER):
            if (source / name).is_dir():
                shutil.copytree(source / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copyfile(source / name, folder / name)
    except OSError as err:
        raise WorkspaceError(
            f"The workspace cannot be written: {err.strerror}.",
            where=str(folder),
            todo="Name a folder that you may write.",
        ) from err
    click.echo(f"Made a workspace in {folder}.")
    click.echo(f"Next: cd {folder}, then dispatch")


def starter_folder() -> Path:
    """Where the starter files lie: inside the installed package, or at the top of a checkout."""
    import dispatch

    package = Path(dispatch.__file__).parent
    inside = package / "starter"
    return inside if inside.is_dir() else package.parent.parent
