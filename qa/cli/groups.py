"""The command ``refdesk groups``: users who see the same private collections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from qa.cli.access import Collections, NameArgument, day_of, done, store_of
from qa.cli.console import echo, print_json
from qa.cli.options import IndexOption, JsonOption

if TYPE_CHECKING:
    from qa.serving.access.accounts.groups import Groups
    from qa.serving.access.accounts.store import AccessStore

groups = typer.Typer(
    name="groups", help="Groups of users, and the collections that are private to them.", no_args_is_help=True
)

Users = Annotated[list[str], typer.Argument(metavar="USER…", help="Names of users.")]


@groups.command("add")
def add(name: NameArgument, index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Add a group."""
    store, known = _groups(index)
    known.add(name)
    done(store, "group added", as_json, {"group": name}, f"{name} is a group")


@groups.command("list")
def listing(index: IndexOption = None, as_json: JsonOption = False) -> None:
    """List the groups with their members and the private collections that these see."""
    _, known = _groups(index)
    found = known.listed()
    if as_json:
        rows = [
            {"group": one.name, "added": day_of(one.added), "members": one.members, "sees": one.collections}
            for one in found
        ]
        print_json({"groups": rows})
        return
    for one in found:
        sees = f"; sees {', '.join(one.collections)}" if one.collections else ""
        echo(f"{one.name}  {', '.join(one.members) or 'no members'}{sees}")


@groups.command("remove")
def remove(name: NameArgument, index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Remove a group; what was private to it stays private."""
    store, known = _groups(index)
    known.remove(name)
    done(store, "group removed", as_json, {"group": name}, f"{name} is a group no more")


@groups.command("join")
def join(name: NameArgument, users: Users, index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Make users members of a group."""
    store, known = _groups(index)
    known.join(name, users)
    done(store, "group joined", as_json, {"group": name, "users": users}, f"in {name}: {', '.join(users)}")


@groups.command("leave")
def leave(name: NameArgument, users: Users, index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Make users no longer members of a group."""
    store, known = _groups(index)
    known.leave(name, users)
    done(store, "group left", as_json, {"group": name, "users": users}, f"no longer in {name}: {', '.join(users)}")


@groups.command("allow")
def allow(name: NameArgument, collections: Collections, index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Let the members of a group see collections, which are private from then on."""
    (store, known), named = _groups(index), ", ".join(collections)
    known.allow(name, collections)
    facts = {"group": name, "collections": collections}
    done(store, "collections allowed", as_json, facts, f"{named}: private, and the members of {name} see it")


@groups.command("disallow")
def disallow(
    name: NameArgument, collections: Collections, index: IndexOption = None, as_json: JsonOption = False
) -> None:
    """No longer let the members of a group see collections; they stay private."""
    (store, known), named = _groups(index), ", ".join(collections)
    known.disallow(name, collections)
    facts = {"group": name, "collections": collections}
    done(store, "collections disallowed", as_json, facts, f"{named}: private, and {name} does not see it")


def _groups(index: Any) -> tuple[AccessStore, Groups]:
    from qa.serving.access.accounts.groups import Groups

    store = store_of(index)
    return store, Groups(store)
