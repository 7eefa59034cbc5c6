"""Uploads and the originals of citations, in a real browser."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2 as httpx
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from desks import desk_in
from fakes import Desk
from serving import Served, serving
from test_chat import ask, finished, kept, overflow, quote_shown

from index.store import Store

if TYPE_CHECKING:
    from conftest import NewPage
    from playwright.sync_api import APIResponse, Locator, Page, Route

pytestmark = pytest.mark.browser

DROP = """async ([files, type]) => {
  const carried = new DataTransfer();
  for (const [name, text] of files) carried.items.add(new File([text], name));
  for (const kind of type) {
    document.querySelector("#refdesk .desk").dispatchEvent(
      new DragEvent(kind, { dataTransfer: carried, bubbles: true, cancelable: true }));
  }
}"""


def add(page: Page, *files: tuple[str, str]) -> None:
    page.locator(".chooser").set_input_files(
        [{"name": name, "mimeType": "application/octet-stream", "buffer": text.encode()} for name, text in files]
    )


def file(page: Page, name: str, state: str) -> Locator:
    """The file's line in the list, once it is in that state."""
    line = page.locator(f'.file[data-state="{state}"]', has_text=name)
    line.wait_for()
    return line


UNCOVERED = """() => {
  const said = [...document.querySelectorAll("#refdesk .turn:last-child .statement")].at(-1).getBoundingClientRect();
  return said.bottom <= document.querySelector("#refdesk .ask").getBoundingClientRect().top;
}"""


DROP_ONCE_ANSWERED = """() => {
  const carried = new DataTransfer();
  for (let number = 0; number < 8; number += 1) carried.items.add(new File([`say Omega${number}.`], `${number}.txt`));
  new MutationObserver((_, observer) => {
    if (!document.querySelector("#refdesk .turn:last-child .reply:not(.working)[data-state]")) return;
    observer.disconnect();
    document.dispatchEvent(new DragEvent("drop", { dataTransfer: carried, cancelable: true }));
  }).observe(document.querySelector("#refdesk .turns"), { childList: true, subtree: true });
}"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Served]]:
    """A desk of its own, whose library these tests change."""
    with desk_in(tmp_path_factory.mktemp("files")) as served:
        yield served


def stored(folder: Path) -> list[str]:
    with Store(folder / "index").snapshot() as snapshot:
        return [Path(source.path).name for source in snapshot.sources() if source.owner]


def originals(folder: Path) -> list[str]:
    return [path.name for path in (folder / "index" / ".uploads").rglob("*.*") if path.is_file()]


def start_afresh(page: Page) -> None:
    """Ends the conversation and waits until the server has ended it."""
    with page.expect_response(lambda response: response.request.method == "DELETE"):
        page.get_by_role("button", name="New conversation").click()


def assert_nothing_is_left(page: Page, folder: Path) -> None:
    assert stored(folder) == []
    for _ in range(100):  # the file goes last
        if not originals(folder):
            break
        page.wait_for_timeout(50)
    assert originals(folder) == []


def test_dropped_files_can_be_asked_about_until_the_conversation_ends(
    desk: tuple[Path, Served], new_page: NewPage
) -> None:
    folder, served = desk
    page = new_page(served.url)
    files = [["mine.txt", "say Omega repairs clocks."], ["also.txt", "say Sigma paints boats."]]
    page.evaluate(DROP, [files, ["dragover"]])
    assert page.get_by_text("Drop files here to ask about them").is_visible()
    page.evaluate(DROP, [files, ["drop"]])
    file(page, "mine.txt", "ready")
    file(page, "also.txt", "ready")
    assert not page.locator(".drop").is_visible()
    assert "Only this conversation sees these files" in page.locator(".files-about").inner_text()
    ask(page, "Who repairs clocks?")
    assert quote_shown(page) == "say Omega repairs clocks."
    kept(page).reload()
    file(page, "mine.txt", "ready")  # a reload keeps the conversation
    ask(page, "Who paints boats?")
    assert quote_shown(page) == "say Sigma paints boats."
    assert sorted(stored(folder)) == ["also.txt", "mine.txt"]
    assert originals(folder) == []  # nothing is shown of plain text but its text
    start_afresh(page)
    page.wait_for_function("() => document.querySelector('#refdesk .files-fold').hidden")
    assert "not" in ask(page, "Who repairs clocks?").inner_text().lower()
    assert stored(folder) == []


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_many_files_cover_no_answer_and_are_folded_when_all_are_ready(
    desk: tuple[Path, Served], new_page: NewPage, width: int, height: int
) -> None:
    page = new_page(desk[1].url, width, height)
    for _ in range(6):
        ask(page, "Who pumps water for everyone?")
    add(page, ("slow.txt", "hang"), *((f"{number}.txt", f"say Omega{number} mends.") for number in range(8)))
    file(page, "slow.txt", "reading")
    assert page.locator(".file").first.inner_text().startswith("slow.txt")
    page.wait_for_function("() => document.querySelectorAll('#refdesk .file').length === 9")
    page.wait_for_function(UNCOVERED)
    page.get_by_role("button", name="Cancel slow.txt").press("Enter")
    every = page.locator("summary", has_text="8 files")
    every.wait_for()
    assert not page.locator(".files").is_visible()
    every.press("Enter")
    assert page.locator(".files").is_visible()
    start_afresh(page)


def test_files_dropped_while_the_page_scrolls_to_an_answer_do_not_cover_it(
    desk: tuple[Path, Served], new_page: NewPage
) -> None:
    page = new_page(desk[1].url)
    for _ in range(6):
        ask(page, "Who pumps water for everyone?")
    page.evaluate(DROP_ONCE_ANSWERED)
    page.evaluate("window.scrollTo({ top: 0, behavior: 'instant' })")
    ask(page, "Who pumps water for everyone?")
    page.locator("summary", has_text="8 files").wait_for()
    page.wait_for_function(UNCOVERED)
    start_afresh(page)


def test_nobody_else_sees_an_upload(desk: tuple[Path, Served], new_page: NewPage) -> None:
    folder, served = desk
    ann, bob = new_page(served.url), new_page(served.url)
    add(ann, ("secret.pdf", "say Omega keeps the secret code in the vault."))
    file(ann, "secret.pdf", "ready")
    assert "Omega" in ask(ann, "Who keeps the secret code?").inner_text()
    reply = ask(bob, "Who keeps the secret code?")
    assert "Omega" not in bob.locator("body").inner_text()
    assert reply.get_attribute("data-state") == "refusal"
    assert bob.locator(".file").count() == 0
    # Not by the original either, though the document's name were known.
    place = ann.locator(".panel .original").first
    asked = {key: place.get_attribute(f"data-{key}") or "" for key in ("document", "start", "end")}
    mine = {"X-Refdesk-Conversation": str(ann.evaluate("sessionStorage.getItem('refdesk.secret')"))}
    theirs = {"X-Refdesk-Conversation": str(bob.evaluate("sessionStorage.getItem('refdesk.secret')"))}
    assert "Page 1" in ann.request.get(f"{served.url}/evidence", params=asked, headers=mine).text()
    (upload,) = ann.request.get(f"{served.url}/uploads", headers=mine).json()["uploads"]
    for headers in (theirs, {}, {"X-Refdesk-Conversation": "0" * 32}, {"X-Refdesk-Conversation": "%"}):
        assert bob.request.get(f"{served.url}/evidence", params=asked, headers=headers).status == 404
        assert bob.request.delete(f"{served.url}/uploads/{upload['number']}", headers=headers).status in (200, 403)
    assert file(ann, "secret.pdf", "ready").is_visible()
    assert stored(folder) == ["secret.pdf"]
    assert originals(folder) == ["secret.pdf"]
    start_afresh(ann)
    ann.wait_for_function("() => document.querySelector('#refdesk .files-fold').hidden")
    assert ann.request.get(f"{served.url}/evidence", params=asked, headers=mine).status == 404
    assert_nothing_is_left(ann, folder)


def test_a_file_can_be_cancelled_while_it_is_read_and_the_next_one_is_indexed(
    desk: tuple[Path, Served], new_page: NewPage
) -> None:
    folder, served = desk
    page = new_page(served.url)
    add(page, ("slow.txt", "hang"), ("next.txt", "say Omega repairs clocks."))
    file(page, "slow.txt", "reading")
    file(page, "next.txt", "waiting")
    ask(page, "Who pumps water for everyone?")  # meanwhile
    assert "2 files are still being read" in page.locator(".ask-hint").inner_text()
    page.get_by_role("button", name="Cancel slow.txt").press("Enter")
    file(page, "next.txt", "ready")
    assert page.locator(".file").count() == 1
    page.get_by_role("button", name="Remove next.txt").click()
    file(page, "next.txt", "going").get_by_role("button", name="Keep next.txt").click()
    page.get_by_role("button", name="Remove next.txt").click()
    file(page, "next.txt", "going")
    assert "Omega" not in ask(page, "Who repairs clocks?").inner_text()  # it goes before a question is asked
    page.wait_for_function("() => document.querySelector('#refdesk .files-fold').hidden")
    assert_nothing_is_left(page, folder)


def test_of_a_folder_what_can_be_read_is_taken(desk: tuple[Path, Served], new_page: NewPage, tmp_path: Path) -> None:
    page = new_page(desk[1].url)
    (tmp_path / "in" / ".git").mkdir(parents=True)
    for name in ("one.txt", "in/two.txt", "in/.git/three.txt", "in/four.xyz", ".five.txt"):
        (tmp_path / name).write_text("say Omega repairs clocks.")
    page.locator(".folder-chooser").set_input_files(tmp_path)
    file(page, "one.txt", "ready")
    file(page, "two.txt", "ready")
    assert page.locator(".file").count() == 2
    start_afresh(page)


def test_a_file_that_could_not_be_read_is_tried_again(desk: tuple[Path, Served], new_page: NewPage) -> None:
    page = new_page(desk[1].url)
    add(page, ("refused.txt", "refuse"))
    file(page, "refused.txt", "failed")
    held: list[Route] = []
    page.route(
        "**/uploads/*", lambda route: held.append(route) if route.request.method == "DELETE" else route.continue_()
    )
    with page.expect_response(
        lambda response: response.request.method == "POST" and "/uploads?" in response.url
    ) as sent:
        page.get_by_role("button", name="Try again: refused.txt").press("Enter")
    assert len(sent.value.json()["uploads"]) == 2  # the server has not yet been told that the first one goes
    file(page, "refused.txt", "failed")
    assert page.locator(".file").count() == 1
    with page.expect_response(lambda response: response.request.method == "DELETE"):
        held[0].continue_()
    page.unroute_all()
    file(page, "refused.txt", "failed")
    assert page.locator(".file").count() == 1
    page.get_by_role("button", name="Remove refused.txt").click()
    page.locator(".file").wait_for(state="detached")  # there is nothing of it to be taken back


def test_a_file_of_the_conversation_is_removed_in_the_library_too(desk: tuple[Path, Served], new_page: NewPage) -> None:
    page = new_page(desk[1].url)
    add(page, ("mine.txt", "say Omega repairs clocks."))
    file(page, "mine.txt", "ready")
    row = open_library(page).filter(has_text="mine.txt")

    def remove() -> None:
        row.get_by_role("button", name="More for mine.txt").click()
        assert page.get_by_role("button", name="Read again").is_hidden()
        page.locator(".shelf-menu").get_by_role("button", name="Remove mine.txt").click()

    remove()
    row.get_by_role("button", name="Keep mine.txt").click()
    file(page, "mine.txt", "ready")
    remove()
    row.get_by_role("button", name="Keep mine.txt").wait_for()
    page.keyboard.press("Escape")
    ask(page, "Who pumps water for everyone?")
    page.locator(".file").wait_for(state="detached")


def test_refused_files_say_why(desk: tuple[Path, Served], new_page: NewPage) -> None:
    _, served = desk
    page = new_page(served.url)
    add(page, ("picture.xyz", "x"), ("empty.txt", ""), ("crash.txt", "crash"), ("refused.txt", "refuse"))
    assert "files of the format .xyz cannot be read" in file(page, "picture.xyz", "failed").inner_text()
    assert "the file is empty" in file(page, "empty.txt", "failed").inner_text()
    crashed = file(page, "crash.txt", "failed").inner_text()
    assert "it brought its reader down (SIGSEGV)" in crashed
    assert "holds nothing" in file(page, "refused.txt", "failed").inner_text()
    assert "/uploads/" not in page.locator(".files").inner_text()
    page.evaluate(
        """() => {
          const carried = new DataTransfer();
          carried.items.add(new File([new Uint8Array(1024 * 1024 + 1)], "large.txt"));
          document.dispatchEvent(new DragEvent("drop", { dataTransfer: carried, cancelable: true }));
        }"""
    )
    assert "larger than 1 MB" in file(page, "large.txt", "failed").inner_text()


@pytest.mark.parametrize(
    ("name", "size", "status"),
    [("big.txt", 1024 * 1024 + 1, 413), ("a.exe", 5, 415), ("../../../etc/cron.d/x", 5, 415), ("", 5, 415)],
)
def test_the_server_itself_refuses_files_that_the_page_would_not_send(
    desk: tuple[Path, Served], name: str, size: int, status: int
) -> None:
    uploads = f"{desk[1].url}/uploads"
    headers = {"X-Refdesk-Conversation": "1" * 32}
    done = httpx.post(uploads, params={"name": name}, content=b"x" * size, headers=headers)
    assert done.status_code == status
    assert done.json()["reason"]
    assert httpx.post(uploads, params={"name": "a.txt"}, content=b"say").status_code == 403


def test_a_file_name_cannot_lead_out_of_the_folder(desk: tuple[Path, Served]) -> None:
    folder, served = desk
    headers = {"X-Refdesk-Conversation": "2" * 32}
    asked = {"name": "../../../../escaped\n<b>.txt"}
    reply = httpx.post(f"{served.url}/uploads", params=asked, content=b"say hi", headers=headers).json()
    assert reply["uploads"][0]["name"] == "escaped__b_.txt"
    assert not list(folder.parent.glob("escaped*"))
    httpx.delete(f"{served.url}/uploads", headers=headers)


def test_a_file_list_older_than_an_upload_does_not_replace_the_newer_one(
    desk: tuple[Path, Served], new_page: NewPage
) -> None:
    page = new_page(desk[1].url)
    late: list[tuple[Route, APIResponse]] = []

    def hold_the_first(route: Route) -> None:
        if route.request.method == "GET" and not late:
            late.append((route, route.fetch()))
        else:
            route.continue_()

    page.route("**/uploads*", hold_the_first)
    with page.expect_request("**/uploads"):
        # Asks for the list.
        page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    add(page, ("mine.pdf", "say Omega repairs clocks."))
    file(page, "mine.pdf", "ready")
    ((route, response),) = late
    assert response.json() == {"uploads": []}
    with page.expect_response("**/uploads"):
        route.fulfill(response=response)
    page.evaluate("() => new Promise(requestAnimationFrame)")  # the page has dealt with the response
    file(page, "mine.pdf", "ready")
    assert page.get_by_text("The files you added are no longer here.").count() == 0


def test_a_file_that_a_list_has_before_its_sending_is_over_is_listed_once(
    desk: tuple[Path, Served], new_page: NewPage
) -> None:
    page = new_page(desk[1].url)
    late: list[tuple[Route, APIResponse]] = []
    page.route("**/uploads?*", lambda route: late.append((route, route.fetch())))
    add(page, ("mine.txt", "say Omega repairs clocks."))
    while not late:  # until the server has the file
        page.wait_for_timeout(20)
    with page.expect_response(lambda own: own.request.method == "GET" and "/uploads" in own.url) as told:
        page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    assert [own["name"] for own in told.value.json()["uploads"]] == ["mine.txt"]
    page.evaluate("() => new Promise(requestAnimationFrame)")  # the page has dealt with the response
    assert page.locator(".file").count() == 1
    ((route, response),) = late
    route.fulfill(response=response)
    file(page, "mine.txt", "ready")
    assert page.locator(".file").count() == 1
    page.unroute_all()
    start_afresh(page)


def test_uploads_of_a_killed_server_are_deleted_by_the_next_and_those_of_a_stopped_one_by_itself(
    new_page: NewPage, tmp_path: Path
) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "public.txt").write_text("say Alpha pumps water.")
    command = [str(Path(__file__).with_name("desk_chat.py")), str(tmp_path)]
    with serving(command, tmp_path / "log") as served:
        page = new_page(served.url)
        add(page, ("mine.pdf", "say Omega repairs clocks."))
        file(page, "mine.pdf", "ready")
        served.end(signal.SIGKILL)
    assert (stored(tmp_path), originals(tmp_path)) == (["mine.pdf"], ["mine.pdf"])
    with serving(command, tmp_path / "log2") as served:
        assert (stored(tmp_path), originals(tmp_path)) == ([], [])
        page = new_page(served.url)
        add(page, ("mine.pdf", "say Omega repairs clocks."), ("slow.txt", "hang"))
        page.get_by_text("mine.pdf can be asked about now.").wait_for()
        served.end(signal.SIGTERM)
        assert (stored(tmp_path), originals(tmp_path)) == ([], [])


# ---- originals


def test_the_page_is_shown_with_the_quote_boxed_and_the_keyboard_enlarges_it(
    desk: tuple[Path, Served], new_page: NewPage
) -> None:
    page = new_page(desk[1].url)
    ask(page, "Where does Beta stores grain?")
    image = page.locator(".panel .card.selected .page-image img")
    image.wait_for()
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 900
    quote = page.locator(".panel .card.selected mark").bounding_box()
    box, frame = page.locator(".panel .page-image .box").bounding_box(), image.bounding_box()
    assert quote is not None
    assert box is not None
    assert frame is not None
    assert 0 < box["y"] < quote["y"] < 800  # both are seen, the page first
    assert abs((box["x"] - frame["x"]) / frame["width"] - 0.1) < 0.02
    assert abs((box["y"] - frame["y"]) / frame["height"] - 0.1) < 0.02
    enlarge = page.get_by_role("button", name="Enlarge page 1 of report.pdf")
    enlarge.focus()
    page.keyboard.press("Enter")
    page.locator(".page-view img").wait_for()
    page.keyboard.press("Escape")
    assert not page.locator(".page-view img").is_visible()
    assert enlarge.evaluate("node => node === document.activeElement")


def test_a_reload_shows_the_original_of_the_last_answer_again(desk: tuple[Path, Served], new_page: NewPage) -> None:
    page = new_page(desk[1].url)
    ask(page, "Where does Beta stores grain?")
    page.locator(".panel .card.selected .page-image img").wait_for()
    kept(page).reload()
    page.locator(".panel .card.selected .original > *").first.wait_for()
    assert page.locator(".panel .card.selected .original-note").all_inner_texts() == []
    assert page.locator(".panel .card.selected .page-image img").count() == 1


@pytest.mark.parametrize(
    ("question", "note"),
    [
        ("Who sells iron, is Gamma whole?", "The page cannot be shown: page 1 is damaged"),
        ("Who weaves wool, Delta?", "The page cannot be shown: its reader gave no image"),
        ("Who carves wood each winter?", "The file is no longer where it was read; this is its text then."),
        ("Who brews beer each summer?", "The file has changed since it was read; this is its text then."),
    ],
)
def test_a_line_says_why_an_original_cannot_be_shown(
    desk: tuple[Path, Served], new_page: NewPage, question: str, note: str
) -> None:
    folder, served = desk
    (folder / "files" / "moving.txt").unlink(missing_ok=True)
    (folder / "files" / "fading.txt").write_text("something else")
    page = new_page(served.url)
    ask(page, question)
    shown = page.locator(".panel .card.selected .original-note")
    shown.wait_for()
    assert shown.inner_text() == note
    assert quote_shown(page)
    assert page.locator(".panel img").count() == 0


@pytest.mark.parametrize(  # each scheme and each width once
    ("width", "height", "scheme"), [(1280, 800, "light"), (390, 844, "dark")]
)
def test_files_and_pages_fit_the_screen(
    desk: tuple[Path, Served], new_page: NewPage, width: int, height: int, scheme: str
) -> None:
    page = new_page(desk[1].url, width, height, scheme)
    long = f"{'long name ' * 12}.txt"
    add(page, ("a.txt", "say Omega repairs clocks."), (long, "crash"), ("c.xyz", "x"))
    file(page, "a.txt", "ready")
    file(page, "long name", "failed")
    assert overflow(page) <= 0
    ask(page, "Where does Beta stores grain?")
    page.locator(".panel .page-image img").wait_for()
    assert overflow(page) <= 0
    page.get_by_role("button", name="Enlarge page").click()
    view = page.locator(".page-view").bounding_box()
    assert view is not None
    assert view["width"] <= width
    assert overflow(page) <= 0
    assert page.locator(".page-view img").evaluate("image => image.getBoundingClientRect().width") >= 700  # to be read
    close = page.locator(".page-view .close").bounding_box()  # also where the quotation is far down
    assert close is not None
    assert close["y"] >= 0
    page.get_by_role("button", name="Close").click()
    send = page.locator(".ask").bounding_box()
    assert send is not None
    assert send["y"] + send["height"] <= height + 1


def test_a_web_page_opens_at_the_quote_and_runs_no_script(desk: tuple[Path, Served], new_page: NewPage) -> None:
    page = new_page(desk[1].url)
    ask(page, "Who mends nets by night?")
    link = page.get_by_role("link", name="Open the page at these words")
    with page.context.expect_page() as opened:
        link.press("Enter")
    original = opened.value
    original.locator("mark", has_text="nets").wait_for()
    original.wait_for_function("window.scrollY > 0")
    assert original.locator("mark").all_inner_texts() == ["say Eta mends nets by night"]
    assert original.evaluate("[window.hacked, window.origin]") == [None, "null"]
    address = (link.get_attribute("href") or "").partition("#")[0]
    policy = page.request.get(f"{desk[1].url}{address}").headers["content-security-policy"]
    assert "sandbox" in policy
    for other in ("sha256:0", "", "/etc/passwd"):
        assert page.request.get(f"{desk[1].url}/evidence/original", params={"document": other}).status == 404


def test_beside_a_whole_document_the_web_page_is_at_the_quoted_words(
    desk: tuple[Path, Served], new_page: NewPage
) -> None:
    page = new_page(desk[1].url)
    ask(page, "Who mends nets by night?")
    page.locator(".card.selected .open-document").press("Enter")
    frame = page.locator(".document-beside iframe")
    shown = frame.element_handle().content_frame()
    assert shown is not None
    shown.wait_for_function("document.querySelector('mark') && window.scrollY > 0")  # it goes there once it is read
    words = shown.locator("mark", has_text="nets").bounding_box()
    around = frame.bounding_box()
    assert words is not None
    assert around is not None
    assert around["y"] < words["y"] < around["y"] + around["height"]
    page.keyboard.press("Escape")


def test_refdesk_chat_answers_from_an_upload(refdesk_chat: str, new_page: NewPage) -> None:
    page = new_page(refdesk_chat)
    add(page, ("notes.md", "# The harbour of Quorl\n\nThe harbour of Quorl was opened in 1874 by Ann Miller.\n"))
    file(page, "notes.md", "ready")
    assert "1874" in ask(page, "When was the harbour of Quorl opened?").inner_text()
    other = new_page(refdesk_chat)
    assert "1874" not in ask(other, "When was the harbour of Quorl opened?").inner_text()
    page.get_by_role("button", name="New conversation").click()
    assert "1874" not in ask(page, "When was the harbour of Quorl opened?").inner_text()


# ---- the library


def test_a_document_is_read_again_and_removed_from_the_index_unless_it_is_taken_back(
    desk: tuple[Path, Served], new_page: NewPage
) -> None:
    folder, served = desk
    extra = folder / "files" / "extra.txt"
    extra.write_text("say Theta bakes bread.")
    Desk(folder).ingest.update([extra])
    page = new_page(served.url)
    row = open_library(page).filter(has_text="extra.txt")

    def choose(action: str) -> None:
        row.get_by_role("button", name="More for extra.txt").click()
        page.get_by_role("button", name=action).click()

    choose("Read again")
    page.get_by_text("extra.txt was read again: nothing in it has changed.").wait_for()
    extra.write_text("say Theta bakes cakes.")
    choose("Read again")
    page.get_by_text("extra.txt was read again: it has changed.").wait_for()
    choose("Remove from the index")
    row.get_by_role("button", name="Keep extra.txt").click()
    row.get_by_role("checkbox").check()
    choose("Remove from the index")
    page.keyboard.press("Escape")
    assert "Theta" not in ask(page, "Who bakes cakes?").inner_text()  # it goes before a question is asked
    assert page.locator(".scope").inner_text() == "Asking all 7 documents"
    assert extra.exists()
    assert extra.name not in names(open_library(page))


def open_library(page: Page) -> Locator:
    page.get_by_role("button", name="Library", exact=True).press("Enter")
    page.locator(".shelf [role=list][aria-busy=false]").wait_for()  # it is read again as it opens
    page.locator(".shelf-row .shelf-name").first.wait_for()
    return page.locator(".shelf-row")


def names(rows: Locator) -> list[str]:
    """The documents that are listed. What a browser has not drawn yet has no inner text."""
    return rows.locator(".shelf-name").all_text_contents()


def test_only_the_documents_that_are_ticked_are_asked_also_after_a_reload(
    desk: tuple[Path, Served], new_page: NewPage
) -> None:
    page = new_page(desk[1].url)
    rows = open_library(page)
    rows.filter(has_text="public.txt").get_by_role("checkbox").press("Space")
    page.keyboard.press("Escape")
    assert page.locator(".scope").inner_text() == "Asking 1 of 7 documents"
    assert ask(page, "Where does Beta stores grain?").get_attribute("data-state") == "refusal"
    kept(page).reload()
    page.get_by_text("Asking 1 of 7 documents").wait_for()
    assert "Alpha" in ask(page, "Who pumps water for everyone?").inner_text()
    page.get_by_role("button", name="Ask all").press("Enter")
    assert page.locator(".scope").inner_text() == "Asking all 7 documents"
    assert "Beta" in ask(page, "Where does Beta stores grain?").inner_text()


def test_a_file_that_is_brought_is_asked_beside_those_ticked_until_it_is_removed(
    desk: tuple[Path, Served], new_page: NewPage
) -> None:
    page = new_page(desk[1].url)
    open_library(page)
    page.get_by_role("checkbox").first.check()
    page.keyboard.press("Escape")
    add(page, ("mine.txt", "say Omega repairs clocks."))
    file(page, "mine.txt", "ready")
    page.get_by_role("button", name="Asking 2 of 8 documents").wait_for()
    ask(page, "Who repairs clocks?")
    assert quote_shown(page) == "say Omega repairs clocks."
    page.get_by_role("button", name="Remove mine.txt").click()
    file(page, "mine.txt", "going")
    ask(page, "Who repairs clocks?")  # before which it goes
    page.get_by_role("button", name="Asking 1 of 7 documents").wait_for()


def test_documents_are_found_sorted_and_filtered(desk: tuple[Path, Served], new_page: NewPage) -> None:
    page = new_page(desk[1].url)
    rows = open_library(page)
    assert names(rows) == [
        "damaged.pdf", "fading.txt", "moving.txt", "page.html", "public.txt", "report.pdf", "trick.pdf",
    ]  # fmt: skip
    page.get_by_label("Type").select_option("pdf")
    page.get_by_text("3 documents.").wait_for()
    page.get_by_role("searchbox").fill("RE port")
    page.get_by_text("1 document.").wait_for()
    assert names(rows) == ["report.pdf"]
    page.get_by_role("searchbox").fill("<b>none</b>")
    page.get_by_text("No document matches").wait_for()
    assert rows.count() == 0
    page.close()  # it is searched by what no other test looks for


def test_a_whole_document_opens_with_its_quotations_marked_and_can_be_asked_alone(
    desk: tuple[Path, Served], new_page: NewPage
) -> None:
    page = new_page(desk[1].url)
    add(page, ("own.txt", "say Omega repairs clocks. Then Omega rests."))
    file(page, "own.txt", "ready")
    ask(page, "Who repairs clocks?")
    quote = quote_shown(page)
    evidence = page.get_by_role("complementary", name="Evidence")  # the file's card, which comes later, opens it too
    evidence.get_by_role("button", name="Open the whole document").press("Enter")
    document = page.locator(".document-view")
    document.locator("mark").wait_for()
    assert document.locator("mark").all_inner_texts() == [quote]  # also of a file that only this conversation sees
    assert document.locator(".drawn").inner_text() == "say Omega repairs clocks. Then Omega rests."
    document.get_by_role("button", name="Ask about this document").press("Enter")
    page.get_by_role("button", name="Asking 1 of 8 documents").wait_for()  # once the list with the file has come
    assert page.get_by_role("textbox", name="Your question").evaluate("node => node === document.activeElement")
    assert page.request.get(f"{desk[1].url}/library").json()["total"] == 7  # nobody else's library has it
    start_afresh(page)


def test_the_file_of_a_whole_document_is_saved_as_it_is(
    desk: tuple[Path, Served], new_page: NewPage, tmp_path: Path
) -> None:
    page = new_page(desk[1].url)
    for name in ("public.txt", "report.pdf", "page.html"):
        open_library(page)
        page.get_by_role("button", name=name, exact=True).click()
        with page.expect_download() as download:
            page.get_by_role("link", name="Save the file").click()
        download.value.save_as(tmp_path / name)
        assert download.value.suggested_filename == name
        assert (tmp_path / name).read_bytes() == (desk[0] / "files" / name).read_bytes()
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
    add(page, ("own.txt", "say Omega repairs clocks."))
    file(page, "own.txt", "ready")
    open_library(page)
    with page.expect_response(lambda response: "/evidence/beside" in response.url) as beside:
        page.get_by_role("button", name="own.txt", exact=True).click()
    assert "Save the file" not in beside.value.text()  # its visitor has it, and nobody else may
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    start_afresh(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_library_fits_a_phone(desk: tuple[Path, Served], new_page: NewPage, scheme: str) -> None:
    page = new_page(desk[1].url, 390, 844, scheme)
    rows = open_library(page)
    assert overflow(page) <= 0
    for row in rows.all():
        name, button = row.locator(".shelf-name").bounding_box(), row.locator(".shelf-ask").bounding_box()
        assert name is not None
        assert button is not None
        assert name["x"] + name["width"] <= button["x"]
        assert button["x"] + button["width"] <= 390


def test_a_link_to_an_answer_asks_its_question_of_the_same_documents(
    desk: tuple[Path, Served], new_page: NewPage
) -> None:
    page = new_page(desk[1].url)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_library(page)
    page.get_by_role("checkbox", name="Ask report.pdf").check()
    page.keyboard.press("Escape")
    ask(page, "What stores grain in seven towers?")
    page.get_by_role("button", name="Copy a link").click()
    page.get_by_text("Whoever opens the link").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    other = new_page(desk[1].url)
    other.evaluate("link => location.assign(link)", link)
    finished(other)
    assert quote_shown(other) == "say Beta stores grain in seven towers."
    assert "Asking 1 of" in other.locator(".scope").inner_text()
    assert "#" not in other.url


def test_a_web_address_that_is_typed_is_read_like_a_file(desk: tuple[Path, Served], new_page: NewPage) -> None:
    page = new_page(desk[1].url)
    box = page.get_by_role("textbox", name="Your question")
    for address in ("http://inside.example/", "https://bees.example/roof"):
        box.fill(address)
        box.press("Enter")
    assert "are not fetched" in file(page, "inside.example", "failed").inner_text()
    page.get_by_role("button", name="Remove http://inside.example/").click()
    file(page, "bees.example-roof.txt", "ready")
    assert page.locator(".turn").count() == 0
    ask(page, "Who tends bees on the roof?")
    assert quote_shown(page) == "say Psi tends bees on the roof."
