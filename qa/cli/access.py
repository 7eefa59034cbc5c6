"""The commands ``refdesk users`` and ``refdesk tokens``: who may ask where others than this machine reach the desk."""

from __future__ import annotations

import getpass
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from qa.cli.console import echo, note, numbered, print_json, read_settings
from qa.cli.options import IndexOption, JsonOption
from qa.serving.access.rights import RIGHTS, Right

if TYPE_CHECKING:
    from qa.serving.access.accounts.store import AccessStore
    from qa.serving.access.accounts.tokens import Tokens
    from qa.serving.access.accounts.users import Users

users = typer.Typer(name="users", help="The people who may log in, and what is private to them.", no_args_is_help=True)
tokens = typer.Typer(name="tokens", help="What programs show to be let in.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Up to 64 letters, digits and . _ @ + -")]
Collections = Annotated[list[str], typer.Argument(metavar="COLLECTION…", help="Names of collections.")]


def _right(text: str) -> str:
    if text not in RIGHTS:
        raise typer.BadParameter(f"{text!r} is no scope: choose from {', '.join(RIGHTS)}")
    return text


Scopes = Annotated[
    list[str] | None,
    typer.Option(
        "--scope",
        parser=_right,
        metavar="SCOPE",
        help="What it may do: ask questions, read whole documents, write (change documents), or admin (all of these, "
        "and the server's counts). Repeatable; ask if none is given.",
    ),
]
Among = Annotated[
    list[str] | None,
    typer.Option(
        "--collection", help="Only this collection, also a private one. Repeatable; else all that are shared."
    ),
]


@users.command("add")
def add_user(
    name: NameArgument,
    by_provider: Annotated[
        bool, typer.Option("--by-provider", help="It logs in by the identity provider, and has no password here.")
    ] = False,
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a user, whose password is asked for, or read from standard input."""
    store, known = _users(index)
    if by_provider:
        known.add_elsewhere(name)
    else:
        known.add(name, _new_password())
    done(store, "user added", as_json, {"user": name}, f"{name} may log in, ask and read")


@users.command("list")
def list_users(index: IndexOption = None, as_json: JsonOption = False) -> None:
    """List the users with their last login and the private collections that they see."""
    _, known = _users(index)
    rows: list[dict[str, Any]] = [
        {
            "user": one.name,
            "added": day_of(one.added),
            "last_login": _time(one.used),
            "groups": list(one.groups),
            "sees": list(one.collections),
        }
        for one in known.listed()
    ]
    private = known.private()
    if as_json:
        print_json({"users": rows, "private": private})
        return
    for row in rows:
        sees = f"; sees {', '.join(row['sees'])}" if row["sees"] else ""
        groups = f"; in {', '.join(row['groups'])}" if row["groups"] else ""
        echo(f"{row['user']}  added {row['added']}, last login {row['last_login'] or 'never'}{groups}{sees}")
    if private:
        echo(f"private: {', '.join(private)}")


@users.command("remove")
def remove_user(name: NameArgument, index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Remove a user with all conversations, and end all sessions."""
    store, known = _users(index)
    kept = known.remove(name)
    gone = f"{numbered(kept, 'conversation')} deleted"
    done(store, "user removed", as_json, {"user": name, "conversations": kept}, f"{name} can no longer log in; {gone}")


@users.command("password")
def change_password(name: NameArgument, index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Change a user's password, which is asked for, or read from standard input; ends all sessions."""
    store, known = _users(index)
    known.set_password(name, _new_password())
    done(store, "password changed", as_json, {"user": name}, f"{name} has another password")


@users.command("allow")
def allow(name: NameArgument, collections: Collections, index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Let a user see collections, which are private from then on: nobody else sees them who is not allowed to."""
    (store, known), named = _users(index), ", ".join(collections)
    known.allow(name, collections)
    facts = {"user": name, "collections": collections}
    done(store, "collections allowed", as_json, facts, f"{named}: private, and {name} sees it")


@users.command("disallow")
def disallow(
    name: NameArgument, collections: Collections, index: IndexOption = None, as_json: JsonOption = False
) -> None:
    """No longer let a user see collections; they stay private."""
    (store, known), named = _users(index), ", ".join(collections)
    known.disallow(name, collections)
    facts = {"user": name, "collections": collections}
    done(store, "collections disallowed", as_json, facts, f"{named}: private, and {name} does not see it")


@users.command("share")
def share(collections: Collections, index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Let everyone who is let in see private collections again."""
    store, known = _users(index)
    known.share(collections)
    facts = {"collections": collections}
    done(store, "collections shared", as_json, facts, f"{', '.join(collections)}: not private any more")


@tokens.command("new")
def new_token(
    name: NameArgument,
    scope: Scopes = None,
    collection: Among = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help="Days after which it ends.")] = 365,
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a token and print it, this once: only its hash is kept."""
    (store, known), rights = _tokens(index), cast("list[Right]", sorted(set(scope or ["ask"])))
    secret = known.new(name, rights, days, collection)
    (made,) = (one for one in known.listed() if one.name == name)
    facts = {"token": name, "scopes": rights, "collections": made.collections, "expires": day_of(made.expires)}
    _log(store, "token made", facts)
    if as_json:
        print_json({**facts, "secret": secret})
    else:
        echo(secret)
        note(f"Token {name}: {', '.join(rights)}, until {facts['expires']}. It is not shown again.", prefix="")


@tokens.command("list")
def list_tokens(index: IndexOption = None, as_json: JsonOption = False) -> None:
    """List the tokens with their rights, their collections, when they end and when they were last used."""
    _, known = _tokens(index)
    rows: list[dict[str, Any]] = [
        {
            "token": one.name,
            "scopes": sorted(one.rights),
            "collections": one.collections,
            "added": day_of(one.added),
            "expires": day_of(one.expires),
            "last_used": _time(one.used),
        }
        for one in known.listed()
    ]
    if as_json:
        print_json({"tokens": rows})
        return
    for row in rows:
        among = f" in {', '.join(row['collections'])}" if row["collections"] is not None else ""
        used = row["last_used"] or "never"
        echo(f"{row['token']}  {', '.join(row['scopes'])}{among}; until {row['expires']}, last used {used}")


@tokens.command("revoke")
def revoke_token(name: NameArgument, index: IndexOption = None, as_json: JsonOption = False) -> None:
    """End a token at once."""
    store, known = _tokens(index)
    known.revoke(name)
    done(store, "token revoked", as_json, {"token": name}, f"{name} is a token no more")


def store_of(index: Any) -> AccessStore:
    """The users, groups and tokens of an index."""
    from qa.serving.access.accounts.opened import open_access

    return open_access(read_settings(index=index).index)


def _users(index: Any) -> tuple[AccessStore, Users]:
    from qa.serving.access.accounts.users import Users

    store = store_of(index)
    return store, Users(store)


def _tokens(index: Any) -> tuple[AccessStore, Tokens]:
    from qa.serving.access.accounts.tokens import Tokens

    store = store_of(index)
    return store, Tokens(store)


def _new_password() -> str:
    """The password that is typed, twice, without being shown; where no terminal is there, a line of standard input."""
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")


def done(store: AccessStore, did: str, as_json: bool, facts: dict[str, Any], line: str) -> None:
    """Say what was done, and log it."""
    _log(store, did, facts)
    if as_json:
        print_json(facts)
    else:
        echo(line)


def _log(store: AccessStore, did: str, facts: dict[str, Any]) -> None:
    from qa.serving.access.audit import Audit

    told = {name: ", ".join(fact) if isinstance(fact, list | tuple) else fact for name, fact in facts.items()}
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in a container
        user = "?"
    Audit(store.folder).write(did, f"shell {user}", **told)


def day_of(at: float) -> str:
    """The day of a time."""
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def _time(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
