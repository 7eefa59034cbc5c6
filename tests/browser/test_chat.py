"""What a visitor sees and does, in a real browser.

Most tests use the page with a scripted assistant (``fake_chat.py``). Those of ``refdesk chat`` run the real command
with real models and the shipped samples.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2 as httpx
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import fake_chat as fake
from serving import serving

from documents.load import load, sample_paths
from qa.saved.read import answers_in

if TYPE_CHECKING:
    from conftest import NewPage
    from playwright.sync_api import BrowserContext, Locator, Page

pytestmark = pytest.mark.browser
SAMPLE = "How many 5G base stations does Beijing have?"
NOWHERE = "Who won the football world cup of 1954?"


# Whether what stands last in the talk is seen, above what is asked with.
SEEN = """(selector) => {
  const last = document.querySelector(`#refdesk ${selector}`).getBoundingClientRect();
  return last.bottom <= document.querySelector("#refdesk .ask").getBoundingClientRect().top + 12;
}"""


# Whether the browser has written down all that was answered in the present conversation.
KEPT = """() => new Promise((resolve) => {
  const answered = document.querySelectorAll("#refdesk .turn .reply[data-state]:not(.working)").length;
  const request = indexedDB.open("refdesk");
  request.onsuccess = () => {
    const secret = sessionStorage.getItem("refdesk.secret");
    const read = request.result.transaction("conversations").objectStore("conversations").get(secret);
    read.onsuccess = () => {
      request.result.close();
      resolve(read.result?.turns.length === answered);
    };
  };
})"""


def send(page: Page, question: str) -> None:
    """Types the question and sends it with Enter."""
    page.get_by_role("textbox", name="Your question").fill(question)
    page.keyboard.press("Enter")


def ask(page: Page, question: str) -> Locator:
    """Sends the question, and returns the finished reply."""
    send(page, question)
    return finished(page)


def finished(page: Page) -> Locator:
    page.locator("#refdesk .turn:last-child .reply:not(.working)[data-state]").wait_for()
    return page.locator("#refdesk .turn:last-child .reply")


def kept(page: Page) -> Page:
    """The page, once its conversation is kept, which another window or a reload may then go on with."""
    page.wait_for_function(KEPT)
    return page


def quote_shown(page: Page) -> str:
    return page.locator(".panel .card.selected mark").inner_text()


def overflow(page: Page) -> int:
    return int(page.evaluate("document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"))


def hacked(page: Page) -> object:
    return page.evaluate("window.hacked")


# ---- with a scripted assistant


def test_a_marker_opens_exactly_the_quoted_characters(fake_chat: str, new_page: NewPage) -> None:
    page = new_page(fake_chat)
    reply = ask(page, SAMPLE)
    assert reply.locator(".short strong").inner_text() == "over 140,000"
    assert reply.locator(".statement.quoted .words").all_inner_texts() == [fake.STATIONS, fake.SHARE]
    assert "Very likely right" in reply.inner_text()
    assert reply.get_by_role("note").get_attribute("aria-label").startswith("Very likely right. Confidence 93%:")
    assert quote_shown(page) == fake.STATIONS  # the first citation is open without a click
    reply.get_by_role("button", name="Show citation 2").click()
    assert quote_shown(page) == fake.SHARE
    card = page.locator(".panel .card.selected")
    for fact in ("[2]", "economy.pdf", "How to Build a Benchmark City", "Turning Data into Profit", "Page 3"):
        assert fact in card.inner_text()
    assert page.locator(".panel .card").count() == 2
    assert page.locator(".marker", has_text="[7]").count() == 0  # a citation that does not exist


def test_an_unsupported_statement_is_struck_through(fake_chat: str, new_page: NewPage) -> None:
    reply = ask(new_page(fake_chat), SAMPLE)
    assert reply.locator("s").inner_text() == f"You asked: {SAMPLE}"


def test_each_verified_sentence_is_shown_at_once_with_its_evidence(
    fake_chat: str, new_page: NewPage, tmp_path: Path
) -> None:
    page, goes_on = new_page(fake_chat), tmp_path / "goes-on"
    page.get_by_role("textbox", name="Your question").fill(f"Please write about it until {goes_on}")
    page.keyboard.press("Enter")
    reply = page.locator("#refdesk .reply.working")
    reply.locator(".statement").wait_for()
    assert reply.locator(".statement").count() == 1
    assert "checking each sentence" in reply.inner_text()
    reply.get_by_role("button", name="Show citation 1").click()
    assert quote_shown(page) == fake.STATIONS
    goes_on.touch()
    reply = finished(page)
    assert reply.locator(".statement").count() == 3
    assert "The model broke off." in reply.inner_text()
    reply.get_by_role("button", name="Show citation 2").click()
    assert quote_shown(page) == fake.SHARE  # which the draft did not have
    assert "Confidence: not calibrated" in reply.inner_text()


def test_a_follow_up_is_sent_with_its_history_and_shows_the_question_searched_for(
    fake_chat: str, new_page: NewPage
) -> None:
    page = new_page(fake_chat)
    assert ask(page, "And before anything was said?").locator(".searched").count() == 0
    ask(page, "What about the moon?")
    kept(page).reload()
    searched = ask(page, "And <b>today</b>?").locator(".searched")
    assert searched.inner_text() == "Searched for: And <b>today</b>? (2: What about the moon? – )"
    page.get_by_role("button", name="Search for exactly: And <b>today</b>?").click()
    page.locator(".turn:last-child .short").wait_for()
    assert finished(page).locator(".searched").count() == 0
    page.get_by_role("button", name="New conversation").click()
    assert ask(page, "And now?").locator(".searched").count() == 0


def test_a_first_question_that_was_corrected_is_searched_for_as_typed_by_one_click(
    fake_chat: str, new_page: NewPage
) -> None:
    page = new_page(fake_chat)
    assert ask(page, "waht is it?").locator(".searched").inner_text() == "Searched for: what is it?"
    page.get_by_role("button", name="Search for exactly: waht is it?").press("Enter")
    page.locator(".turn:last-child .reply.answer:not(:has(.searched))").wait_for()
    assert page.get_by_role("button", name="Search for exactly").count() == 0


def test_stages_are_shown_while_a_question_is_answered(fake_chat: str, new_page: NewPage, tmp_path: Path) -> None:
    page, goes_on = new_page(fake_chat), tmp_path / "goes-on"
    send(page, f"wait until {goes_on}")
    page.get_by_text("Searching 37 passages…").wait_for()
    goes_on.touch()
    finished(page)
    assert page.locator(".stage").count() == 0


def test_a_running_question_can_be_stopped_and_the_next_one_is_answered(
    fake_chat: str, new_page: NewPage, tmp_path: Path
) -> None:
    page, goes_on = new_page(fake_chat), tmp_path / "goes-on"
    send(page, f"wait until {goes_on}")
    page.get_by_text("Searching 37 passages…").wait_for()
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("Stopped.").wait_for()
    send(page, SAMPLE)
    goes_on.touch()
    assert finished(page).locator(".marker").count() == 3


@pytest.mark.parametrize(
    ("leave", "pause"), [("Stop", 0), ("Stop", 400), ("New conversation", 0), ("New conversation", 100)]
)
def test_a_question_that_was_stopped_does_not_disturb_the_next(
    fake_chat: str, new_page: NewPage, tmp_path: Path, leave: str, pause: int
) -> None:
    page, first, second = new_page(fake_chat), tmp_path / "first", tmp_path / "second"
    send(page, f"wait until {first}")
    page.get_by_text("Searching 37 passages…").wait_for()
    page.get_by_role("button", name=leave).click()
    page.wait_for_timeout(pause)
    send(page, f"wait until {second}")
    first.touch()  # it ends while the next one waits, or is answered
    page.locator(".turn:last-child").get_by_text("Searching 37 passages…").wait_for()
    second.touch()
    assert finished(page).locator("s").inner_text() == f"You asked: wait until {second}"


def test_a_refusal_lists_the_closest_passages(fake_chat: str, new_page: NewPage) -> None:
    page = new_page(fake_chat)
    reply = ask(page, "Who walked on the moon?")
    assert "do not hold the answer" in reply.inner_text()
    assert page.locator(".panel h2").inner_text() == "Closest passages found"
    cards = page.locator(".panel .card")
    assert cards.count() == 2
    assert fake.CITY in page.locator(".panel .card.selected").inner_text()
    cards.nth(1).get_by_role("button").click()
    assert "199 innovative robot" in page.locator(".panel .card.selected .passage").inner_text()
    assert page.locator("mark").count() == 0
    assert page.locator(".marker").count() == 0


def test_a_notice_shows_only_its_message(fake_chat: str, new_page: NewPage) -> None:
    page = new_page(fake_chat)
    assert ask(page, "help").inner_text() == "Ask me about the documents."
    assert page.locator(".panel .card").count() == 0


def test_an_unexpected_error_shows_one_friendly_line(fake_chat: str, new_page: NewPage) -> None:
    page = new_page(fake_chat)
    ask(page, "break, please")
    shown = page.locator("body").inner_text()
    assert "Something went wrong" in shown
    assert "passwd" not in shown
    assert "Traceback" not in shown
    assert ask(page, SAMPLE).locator(".marker").count() == 3


def test_a_click_asks_an_example_and_examples_are_shown_as_text(fake_chat: str, new_page: NewPage) -> None:
    page = new_page(fake_chat)
    assert page.locator(".chip").all_inner_texts()[-1] == "Who runs ${1} {{2}} <b>bold</b>?"
    page.get_by_role("button", name=SAMPLE).click()
    assert finished(page).locator(".marker").count() == 3
    assert page.locator(".turn .question").all_inner_texts() == [SAMPLE]
    assert page.locator(".chip").first.is_hidden()


def test_markers_of_earlier_answers_work_before_and_after_a_reload(fake_chat: str, new_page: NewPage) -> None:
    page = new_page(fake_chat)
    ask(page, "first")
    ask(page, "Who walked on the moon?")
    first = page.locator(".turn").first
    first.get_by_role("button", name="Show citation 2").click()
    assert quote_shown(page) == fake.SHARE
    assert page.locator(".panel-about").inner_text() == "first"
    kept(page).reload()
    page.get_by_role("textbox").wait_for()
    assert page.locator(".turn").count() == 2
    first.get_by_role("button", name="Show citation 2").click()
    assert quote_shown(page) == fake.SHARE
    page.get_by_role("button", name="New conversation").click()
    assert page.locator(".turn").count() == 0
    assert page.locator(".chip").first.is_visible()


def test_an_empty_question_is_not_sent_and_a_long_one_stays_in_the_box(fake_chat: str, new_page: NewPage) -> None:
    page = new_page(fake_chat)
    box = page.get_by_role("textbox")
    box.fill("   ")
    page.keyboard.press("Enter")
    assert page.locator(".turn").count() == 0
    box.fill("x" * 2001)
    page.keyboard.press("Enter")
    page.get_by_text("2,001 of at most 2,000 characters").wait_for()
    assert page.locator(".turn").count() == 0
    assert box.input_value() == "x" * 2001
    box.fill("\U0001f409" * 2000)  # 4,000 UTF-16 units, 2,000 characters
    page.keyboard.press("Enter")
    assert finished(page).locator(".marker").count() == 3


def test_shift_enter_starts_a_new_line(fake_chat: str, new_page: NewPage) -> None:
    page = new_page(fake_chat)
    box = page.get_by_role("textbox")
    box.fill("one")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("two")
    assert box.input_value() == "one\ntwo"
    assert page.locator(".turn").count() == 0


def test_a_hostile_document_and_question_are_shown_as_text(fake_chat: str, new_page: NewPage) -> None:
    page = new_page(fake_chat)
    question = "<img src=x onerror=window.hacked=9> hostile [1] ${document.title}"
    reply = ask(page, question)
    assert page.locator(".question").inner_text() == question
    assert reply.locator(".words").inner_text() == fake.HOSTILE_QUOTE
    assert reply.locator(".marker").count() == 2  # the short answer's and the quote's, none from the text
    assert quote_shown(page) == fake.HOSTILE_QUOTE
    assert page.locator(".panel .passage").inner_text() == fake.HOSTILE
    for tag in ("script", "img", "a", "b"):
        assert page.locator(f"#refdesk {tag}:not(.leave)").count() == 0
    kept(page).reload()
    page.get_by_role("textbox").wait_for()
    assert page.locator(".question").inner_text() == question
    assert hacked(page) is None


INJECTED = """() => new Promise((done) => {
    document.body.insertAdjacentHTML("beforeend", '<img alt="" src="data:," onerror="window.hacked = 10">');
    const image = document.body.lastElementChild;
    image.addEventListener("error", () => { image.remove(); done(window.hacked); });
})"""


def test_what_gets_into_the_page_as_markup_runs_no_script(fake_chat: str, new_page: NewPage) -> None:
    assert new_page(fake_chat).evaluate(INJECTED) is None


def test_two_visitors_at_once_each_get_their_own_answer(fake_chat: str, new_page: NewPage, tmp_path: Path) -> None:
    pages, goes_on = [new_page(fake_chat) for _ in range(2)], tmp_path / "goes-on"
    asked = [f"{number}: wait until {goes_on}" for number, _ in enumerate(pages)]
    for page, question in zip(pages, asked, strict=True):
        send(page, question)
    goes_on.touch()
    for page, question in zip(pages, asked, strict=True):
        assert finished(page).locator("s").inner_text() == f"You asked: {question}"
        assert page.locator(".turn").count() == 1


@pytest.mark.parametrize(("width", "height", "scheme"), [(1280, 800, "dark"), (390, 844, "light"), (320, 640, "dark")])
def test_the_page_fits_the_screen(fake_chat: str, new_page: NewPage, width: int, height: int, scheme: str) -> None:
    page = new_page(fake_chat, width, height, scheme)
    assert overflow(page) <= 0
    for question in (SAMPLE, "hostile", "moon", "w" * 300):
        ask(page, question)
        assert overflow(page) <= 0
    reply = page.locator(".turn").first
    reply.get_by_role("button", name="Show citation 2").click()
    mark = page.locator(".panel .card.selected mark")
    page.wait_for_function("mark => mark.getBoundingClientRect().top < innerHeight", arg=mark.element_handle())
    ask_box = page.locator(".ask").bounding_box()
    assert ask_box is not None
    assert ask_box["y"] + ask_box["height"] <= height + 1  # the question box stays on the screen
    assert overflow(page) <= 0


def test_a_part_of_another_page_has_only_the_talk(fake_chat: str, window: BrowserContext) -> None:
    page = window.new_page()
    page.goto(f"{fake_chat}/embed?collection=default")
    assert "over 140,000" in ask(page, SAMPLE).inner_text()
    assert [page.locator(own).is_visible() for own in (".open-talks", ".language", ".attach")] == [False] * 3
    assert page.locator(".holdings").inner_text() == "default"
    page.close()


def test_the_keyboard_reaches_markers_and_focus_is_visible(fake_chat: str, new_page: NewPage) -> None:
    page = new_page(fake_chat)
    reply = ask(page, SAMPLE)
    page.get_by_role("textbox").focus()
    for _ in range(8):  # back over what can be done, the confidence and its reasons to the last marker
        page.keyboard.press("Shift+Tab")
    focused = page.locator(":focus")
    assert focused.inner_text() == "[2]"
    assert focused.evaluate("node => getComputedStyle(node).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    assert quote_shown(page) == fake.SHARE
    assert reply.locator('.marker[aria-pressed="true"]').all_inner_texts() == ["[2]"]


@pytest.mark.parametrize(
    "path",
    ["info/x", "openapi.json", "upload", "file=/etc/passwd", "file/etc/passwd", "proxy=http://localhost/", "runs"],
)
def test_gradio_routes_that_the_page_does_not_need_are_closed(fake_chat: str, path: str) -> None:
    assert httpx.get(f"{fake_chat}/gradio_api/{path}").status_code == 404
    assert httpx.post(f"{fake_chat}/gradio_api/{path}").status_code == 404


def test_a_visitor_with_too_many_questions_is_told_so(fake_chat: str, new_page: NewPage) -> None:
    page = new_page(fake_chat)
    secret = page.evaluate("sessionStorage.getItem('refdesk.secret')")
    asked = "{method: 'POST', body: '{\"question\": \"slow\"}', headers: {'X-Refdesk-Conversation': secret}}"
    page.evaluate(f"secret => {{{{ for (let i = 0; i < 9; i++) fetch('ask', {asked}); }}}}", secret)
    page.get_by_role("textbox").fill(SAMPLE)
    page.keyboard.press("Enter")
    page.get_by_text("Your earlier questions are still waiting").wait_for()
    assert page.get_by_role("textbox").input_value() == SAMPLE
    page.close()  # and so ends the others


def test_an_interrupt_ends_the_server_without_a_traceback_while_a_page_is_open_which_stays_usable(
    new_page: NewPage, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with serving([str(Path(__file__).with_name("fake_chat.py"))], log) as server:
        page = new_page(server.url)
        ask(page, SAMPLE)
        assert server.end(signal.SIGINT) == 0
    assert log.read_text().splitlines() == [f"Refdesk is listening on {server.url}"]
    page.get_by_role("textbox").fill("anyone there?")
    page.keyboard.press("Enter")
    page.get_by_text("The connection to Refdesk was lost").wait_for()
    assert page.get_by_role("textbox").input_value() == "anyone there?"  # not lost with the connection
    page.locator(".turn").first.get_by_role("button", name="Show citation 2").click()
    assert quote_shown(page) == fake.SHARE
    assert page.get_by_role("button", name="Ask", exact=True).is_enabled()


# ---- comforts


def test_questions_typed_while_one_runs_wait_visibly_and_can_be_taken_back(fake_chat: str, new_page: NewPage) -> None:
    page = new_page(fake_chat)
    page.route("**/ask", lambda _: None, times=1)  # the first question stays without an answer
    box = page.get_by_role("textbox", name="Your question")
    for question in ("first", "second", "third"):
        box.fill(question)
        box.press("Enter")
    assert page.locator(".stage", has_text="Asked after the question before it").count() == 2
    page.get_by_role("button", name="Take back: second").press("Enter")
    assert box.input_value() == "second"
    page.get_by_role("button", name="Stop").press("Enter")
    reply = finished(page)
    assert page.locator(".turn .question").all_inner_texts() == ["first", "third"]
    assert "Stopped." in page.locator(".turn").first.inner_text()
    assert reply.locator("s").inner_text() == "You asked: third"


@pytest.mark.parametrize("width", [1280, 390])
def test_code_is_shown_as_code_and_copied_as_it_is(fake_chat: str, new_page: NewPage, width: int) -> None:
    page = new_page(fake_chat, width, 800)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    reply = ask(page, "code?")
    assert reply.locator(".words").first.inner_text() == "Start it with desk serve -p 80, which is wrapped here."
    inline, block = reply.locator(".said p code"), reply.locator(".said pre code")
    assert inline.inner_text() == "desk serve -p 80"
    for code in (inline, block):
        assert "monospace" in code.evaluate("node => getComputedStyle(node).fontFamily")
    assert "`" not in reply.inner_text() + page.locator(".panel").inner_text()
    reply.get_by_role("button", name="Copy", exact=True).first.press("Enter")
    reply.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == 'desk serve \\\n  --port 80 "<b>"'
    assert overflow(page) <= 0
    reply.get_by_role("button", name="Show citation 2").click()
    assert page.locator(".panel .card.selected pre mark").all_inner_texts() == ["desk serve \\", '  --port 80 "<b>"']


def test_an_answer_is_copied_with_its_references_and_asked_again_in_its_place(
    fake_chat: str, new_page: NewPage
) -> None:
    page = new_page(fake_chat)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ask(page, "first")
    ask(page, "moon?")
    acts = page.locator(".turn").first.locator(".turn-acts")
    acts.get_by_role("button", name="Copy the answer").press("Enter")
    page.get_by_text("Copied, with its references.").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"over 140,000[1]\n\n{fake.STATIONS}[1]\n\n{fake.SHARE}")
    place = "[2] economy.pdf, How to Build a Benchmark City, Turning Data into Profit, page 3"
    assert f"{place}: “{fake.SHARE}”" in copied
    acts.get_by_role("button", name="Copy as Markdown").press("Enter")
    page.wait_for_function("text => navigator.clipboard.readText().then(now => now !== text)", arg=copied)
    assert f"> {fake.SHARE}" in page.evaluate("navigator.clipboard.readText()")
    with page.expect_response("**/ask"):
        acts.get_by_role("button", name="Ask again: first", exact=True).press("Enter")
    page.locator(".turn").first.locator(".reply.answer").wait_for()
    assert page.locator(".turn .question").all_inner_texts() == ["first", "moon?"]


def test_earlier_questions_are_recalled_and_edited(fake_chat: str, new_page: NewPage) -> None:
    page = new_page(fake_chat)
    box = page.get_by_role("textbox", name="Your question")
    for question in ("one", "two", "one"):
        ask(page, question)
    recalled = []
    for key in ("ArrowUp", "ArrowUp", "ArrowUp", "ArrowDown", "ArrowDown"):
        box.press(key)
        recalled.append(box.input_value())
    assert recalled == ["one", "two", "two", "one", ""]
    box.fill("a draft")
    box.press("ArrowUp")
    assert box.input_value() == "a draft"
    page.locator(".turn").nth(1).get_by_role("button", name="Edit and ask again: two").press("Enter")
    assert box.input_value() == "two"
    assert box.evaluate("node => node === document.activeElement")


# ---- languages


def test_the_page_speaks_chinese_once_it_is_chosen(fake_chat: str, new_page: NewPage) -> None:
    page = new_page(fake_chat)
    ask(page, SAMPLE)
    try:
        kept(page).get_by_label("Language").select_option("zh")
        page.get_by_role("textbox", name="您的问题").wait_for()
        assert page.evaluate("document.documentElement.lang") == "zh"
        page.locator(".turn").wait_for()  # the conversation goes on
        assert page.locator(".turn").count() == 1
        page.get_by_role("textbox", name="您的问题").fill("moon <b>月</b>")
        page.keyboard.press("Enter")
        assert "为什么没有答案？" in finished(page).inner_text()
        assert page.locator(".panel h2").inner_text() == "找到的最相近的原文"
        assert "极可能正确" not in page.locator("body").inner_text()  # what was said before stays as it was
        page.locator(".turn").first.get_by_role("button", name=f"重新提问：{SAMPLE}", exact=True).press("Enter")
        page.get_by_text("极可能正确").wait_for()
        page.reload()
        page.get_by_role("button", name="对话记录", exact=True).wait_for()
        assert overflow(page) <= 0
    finally:
        page.evaluate("localStorage.removeItem('refdesk.language')")


# ---- conversations


def open_conversations(page: Page, words: str) -> Locator:
    """The rows of the conversations that hold the words."""
    page.get_by_role("button", name="Conversations", exact=True).press("Enter")
    page.get_by_role("searchbox", name="Find a conversation").fill(words)
    page.locator(".talks[aria-busy=false]").wait_for(state="attached")
    return page.locator(".talk-row")


def test_conversations_are_listed_opened_renamed_and_deleted_by_the_keyboard(fake_chat: str, new_page: NewPage) -> None:
    page = new_page(fake_chat)
    ask(page, "Which beacon shines?")
    ask(page, "And the moon beacon?")
    page.get_by_role("button", name="New conversation").press("Enter")
    ask(page, "Which harbour freezes?")
    rows = open_conversations(page, "BEACON moon")
    assert rows.locator(".talk-name").all_inner_texts() == ["Which beacon shines?"]
    page.get_by_role("button", name="Rename Which beacon shines?").press("Enter")
    page.keyboard.type("<b>Beacons</b>")
    page.keyboard.press("Enter")
    name = page.get_by_role("button", name="<b>Beacons</b>", exact=True)
    name.press("Enter")
    page.locator(".turn .question").get_by_text("And the moon beacon?").wait_for()
    assert page.locator(".turn .question").all_inner_texts() == ["Which beacon shines?", "And the moon beacon?"]
    page.locator(".turn").first.get_by_role("button", name="Show citation 2").press("Enter")
    assert quote_shown(page) == fake.SHARE
    page.reload()
    assert "2: Which beacon" not in ask(page, "And now?").locator(".searched").inner_text()
    open_conversations(page, "beacon")
    page.get_by_role("button", name="Delete <b>Beacons</b>").press("Enter")
    page.get_by_role("button", name="Really delete <b>Beacons</b>").press("Enter")
    page.get_by_text("No conversation matches").wait_for()
    page.keyboard.press("Escape")
    assert page.locator(".turn").count() == 0  # it was the present one


def test_a_conversation_that_went_on_in_another_window_is_not_overwritten(
    fake_chat: str, window: BrowserContext, new_page: NewPage
) -> None:
    page = new_page(fake_chat)
    ask(page, "Which lighthouse leans?")
    kept(page)
    other = window.new_page()
    other.goto(fake_chat)
    open_conversations(other, "lighthouse leans").locator(".talk-name").click()
    other.locator(".turn .question", has_text="Which lighthouse leans?").wait_for()  # else it is asked in a new one
    ask(other, "And which one sinks?")
    kept(other)
    ask(page, "And which one burns?")
    page.get_by_text("This conversation went on in another window").wait_for()
    open_conversations(other, "lighthouse")
    other.get_by_role("button", name="Delete Which lighthouse leans?").click()
    other.get_by_role("button", name="Really delete Which lighthouse leans?").click()
    other.get_by_text("No conversation matches").wait_for()
    ask(page, "And which one glows?")  # what was deleted stays so
    page.get_by_text("This conversation went on in another window").wait_for()
    assert open_conversations(other, "lighthouse").count() == 0
    other.close()


def test_a_reload_while_a_question_runs_leaves_it_in_the_box_and_no_turn_of_it(
    fake_chat: str, new_page: NewPage
) -> None:
    page = new_page(fake_chat)
    for number in range(6):
        ask(page, f"question {number}")
    kept(page).get_by_role("textbox", name="Your question").fill("slow and lost")
    page.keyboard.press("Enter")
    page.locator(".turn:last-child .reply.working").wait_for()
    page.reload()
    box = page.get_by_role("textbox", name="Your question")
    box.wait_for()  # it is shown with the turns, after it is filled
    assert box.input_value() == "slow and lost"
    assert page.locator(".turn .question").all_inner_texts() == [f"question {number}" for number in range(6)]
    page.wait_for_function(SEEN, arg=".turn:last-child .turn-acts")


def test_pointing_at_the_confidence_moves_nothing(fake_chat: str, new_page: NewPage) -> None:
    page = new_page(fake_chat)
    ask(page, SAMPLE)
    acts = page.locator(".turn-acts")
    before = acts.bounding_box()
    page.locator(".confidence abbr").hover()
    assert acts.bounding_box() == before


def test_a_conversation_is_saved_as_markdown_and_as_answers(fake_chat: str, new_page: NewPage, tmp_path: Path) -> None:
    page = new_page(fake_chat)
    ask(page, "Save hostile things")
    ask(page, "Who saves the moon?")
    row = open_conversations(page, "saves the moon")
    for kind in ("JSON", "Markdown"):
        with page.expect_download() as download:
            row.get_by_role("button", name=f"as {kind}").press("Enter")
        download.value.save_as(tmp_path / kind)
    answers = answers_in((tmp_path / "JSON").read_text("utf-8"), "the file")
    assert [answer["kind"] for answer in answers] == ["answer", "refusal"]
    assert answers[0]["citations"][0]["quote"] == fake.HOSTILE_QUOTE
    markdown = (tmp_path / "Markdown").read_text("utf-8")
    assert markdown.startswith("# Save hostile things\n\n## Save hostile things\n")
    assert "<" not in markdown.replace("\\<", "")
    assert download.value.suggested_filename == "Save-hostile-things.md"


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_the_list_of_conversations_fits_the_screen(fake_chat: str, new_page: NewPage, width: int, height: int) -> None:
    page = new_page(fake_chat, width, height)
    ask(page, "w" * 300)
    rows = open_conversations(page, "www")
    rows.first.wait_for()
    for button in rows.first.get_by_role("button").all():
        place = button.bounding_box()
        assert place is not None
        assert place["x"] + place["width"] <= width
    assert overflow(page) <= 0


# ---- with the real command


def test_an_interrupted_first_start_is_finished_by_the_next(refdesk_chat: str, new_page: NewPage) -> None:
    """A store without documents, which this desk begins with, counts as no index: the samples are indexed."""
    page = new_page(refdesk_chat)
    assert "2 documents" in page.locator(".summary").inner_text()  # as it began
    assert page.locator(".chip").count() > 0


def test_refdesk_chat_refuses_what_the_documents_do_not_hold_and_answers_with_the_exact_quote(
    refdesk_chat: str, new_page: NewPage
) -> None:
    page = new_page(refdesk_chat)
    assert page.title() == "Refdesk"
    assert "Answers only from these documents" in page.locator(".summary").inner_text()
    reply = ask(page, NOWHERE)
    assert reply.get_attribute("data-state") == "refusal"
    assert page.locator(".panel h2").inner_text() == "Closest passages found"
    assert page.locator(".panel .card").count() > 0
    page.locator(".follow-ups .chip").first.wait_for()  # questions to go on with are seen
    page.wait_for_function(SEEN, arg=".follow-ups .chip")
    reply = ask(page, SAMPLE)
    assert "140,000" in reply.inner_text()
    reply.locator(".marker").first.click()
    quote = page.locator(".panel .card.selected mark").text_content() or ""
    assert "140,000" in quote
    assert any(quote in load(path).text for path in sample_paths())
    ask(page, "hello")
    page.locator(".turn").nth(1).locator(".marker").first.click()
    assert page.locator(".panel .card.selected mark").text_content() == quote


def test_refdesk_chat_answers_its_examples(refdesk_chat: str, new_page: NewPage) -> None:
    page = new_page(refdesk_chat)
    page.locator(".chip").first.click()
    assert finished(page).locator(".marker").count() > 0


def test_refdesk_chat_serves_two_visitors_at_once_and_shows_a_hostile_document_as_text(
    refdesk_chat: str, new_page: NewPage
) -> None:
    pages = [new_page(refdesk_chat) for _ in range(2)]
    questions = (SAMPLE, "Which colour is the lighthouse of Zanthor painted?")
    for page, question in zip(pages, questions, strict=True):
        page.get_by_role("textbox").fill(question)
        page.keyboard.press("Enter")
    for page, expected in zip(pages, ("140,000", "turquoise"), strict=True):
        assert expected in finished(page).inner_text()
    for tag in ("script", "img", "a"):
        assert pages[1].locator(f"#refdesk {tag}:not(.leave)").count() == 0
    assert hacked(pages[1]) is None
