"""Mails: the fields at the top, quoted mails as quotations, signatures."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from outlines import outline

from documents.document import Document
from documents.load import parse, parts_of


def mail(text: str, html: str = "") -> Document:
    message = EmailMessage()
    message["From"], message["Subject"] = "ann@example.org", "Plans"
    if html:
        message.set_content(html, subtype="html")
    else:
        message.set_content(text)
    return parse(bytes(message), "a.eml")


def body(document: Document) -> str:
    return document.text.partition("\n\n")[2]


def quotations(document: Document) -> list[str]:
    return [document.text[own.start : own.end] for own in document.blocks if own.kind == "quotation"]


def test_the_fields_at_the_top_are_a_header() -> None:
    assert outline(mail("Hello.")) == [
        ("header", "", "From: ann@example.org"),
        ("field", "From", "From: ann@example.org"),
        ("field", "Subject", "Subject: Plans"),
    ]


def test_quoted_mails_are_quotations_in_each_other_without_their_marks() -> None:
    document = mail(
        "Yes.\n\nAnn\nOn 5 May 2025 at 9:00, Bob Stone wrote:\n> Shall we?\n>\n> On 4 May 2025,\n> Ann Lee wrote:\n"
        ">> Let us\n>> go.\n\n"
        "> Bob\nBye\n"
    )
    assert body(document) == (
        "Yes.\n\nAnn\n\nOn 5 May 2025 at 9:00, Bob Stone wrote:\n\nShall we?\n\nOn 4 May 2025,\nAnn Lee wrote:\n\n"
        "Let us\ngo.\n\nBob\n\nBye"
    )
    inner = "Let us\ngo."
    assert quotations(document) == [f"Shall we?\n\nOn 4 May 2025,\nAnn Lee wrote:\n\n{inner}\n\nBob", inner]


def test_marks_with_spaces_between_them() -> None:
    assert quotations(mail("No.\n\n> > deep\n> less\n")) == ["deep\n\nless", "deep"]


@pytest.mark.parametrize("marker", ["-----Original Message-----\n", "", "---------- Forwarded message ---------\n"])
def test_what_follows_the_fields_of_a_mail_is_a_quotation(marker: str) -> None:
    document = mail(
        f"See below.\n\n{marker}From: Bob <b@example.org>\nSent: Monday\nTo: Ann;\n Eve\nSubject: Plans\n\n"
        "Shall we?\n\n"
        "Von: Eve\nGesendet: Sonntag\nAn: Bob\nBetreff: Pläne\n\nJa.\n"
    )
    fields = "From: Bob <b@example.org>\nSent: Monday\nTo: Ann; Eve\nSubject: Plans"
    inner = "Von: Eve\nGesendet: Sonntag\nAn: Bob\nBetreff: Pläne\n\nJa."
    assert quotations(document) == [f"{fields}\n\nShall we?\n\n{inner}", inner]
    assert [first for kind, _, first in outline(document) if kind == "header"] == [
        "From: ann@example.org", "From: Bob <b@example.org>", "Von: Eve",
    ]  # fmt: skip
    assert body(document).startswith(f"See below.\n\n{marker}\n{fields}" if marker else f"See below.\n\n{fields}")


def test_other_lines_with_a_colon_are_no_mail() -> None:
    document = mail("From: Bonn\nTo: Ulm\nDate: Monday\n\nThe train leaves at nine.\n")
    assert quotations(document) == []


def test_a_signature_is_a_paragraph_of_its_own() -> None:
    assert body(mail("Bye\n-- \nAnn Lee\nHarbour office\n")) == "Bye\n\n--\nAnn Lee\nHarbour office"


def test_quotations_of_html_mails() -> None:
    document = mail("", "<p>Yes.</p><div class=gmail_quote>Bob wrote:<blockquote><p>Shall we?</p></blockquote></div>")
    assert quotations(document) == ["Shall we?"]


def test_mails_in_french_and_from_outlook_in_html_are_quotations() -> None:
    french = "De : Bob <b@example.org>\nEnvoyé : lundi 5 mai 2025 09:00\nÀ : Ann\nObjet : Projets\n\nMardi ?"
    assert quotations(mail(f"Oui.\n\n-----Message d'origine-----\n{french}\n")) == [french.replace(" :", ":", 4)]
    bold = "<b>Von:</b> Bob<br><b>Gesendet:</b> Montag<br><b>An:</b> Ann<br><b>Betreff:</b> Pläne"
    document = mail("", f"<p>Ja.</p><div><p>{bold}</p></div><p>Passt Dienstag?</p><ul><li>frueh</ul>")
    assert quotations(document) == [document.text[document.text.index("Von:") :]]
    assert outline(document)[4][:2] == ("header", "")


def test_a_mail_below_a_line_that_says_who_wrote_it_needs_no_marks() -> None:
    document = mail("Good.\n\nOn Mon, May 5, 2025 at 9:00 AM Bob <b@example.org> wrote:\nShall we?\n\nBob\n")
    assert quotations(document) == ["Shall we?\n\nBob"]


def test_very_deep_quotations_are_read_in_full() -> None:
    document = mail("Hi.\n" + "".join(f"{'>' * depth} level {depth}\n" for depth in range(1, 60)))
    assert 20 <= len(quotations(document)) < 60
    assert "level 59" in document.text


def test_latin_1_of_a_mail_is_read_as_mail_programs_read_it() -> None:
    head = b'Subject: Price\r\nContent-Type: text/plain; charset="iso-8859-1"\r\n\r\n'
    assert parse(head + "It’s €100 – don’t wait".encode("cp1252"), "a.eml").text.endswith("It’s €100 – don’t wait")


@pytest.mark.parametrize(
    "separator",
    [
        "From ann@example.org Tue Mar  5 10:00:00 2024",
        "From 1795612345@xxx Tue Mar 05 10:00:00 +0000 2024",
        "From - Tue Mar 05 10:00:00 2024",
        "From ann at example.org  Tue Mar  5 10:00:00 2024",
        "From ann@example.org",
    ],
)
def test_the_mails_of_a_mailbox_begin_at_lines_with_the_same_kind_of_separator(separator: str) -> None:
    mails = "".join(f"{separator}\nSubject: {name}\n\nThe {name} rain.\n\n" for name in ("first", "second"))
    found = [part.document for part in parts_of(mails.encode(), "a.mbox")]
    assert [document.title for document in found if document] == ["first", "second"]


def test_a_sentence_that_begins_with_from_begins_no_mail() -> None:
    mails = (
        "From ann@example.org Tue Mar  5 10:00:00 2024\nSubject: Walk\n\nWe met at the mill.\n\n"
        "From here on the path is steep.\nSubject: of later talk\n\nFrom 9:00 to 10:00 we rest.\n"
    )
    (part,) = parts_of(mails.encode(), "a.mbox")
    assert part.document
    assert "steep" in part.document.text
    assert "we rest" in part.document.text


@pytest.mark.parametrize("charset", ["us-ascii", "iso-8859-1", "windows-1252"])
def test_utf_8_under_a_label_that_programs_set_unasked_is_read_as_utf_8(charset: str) -> None:
    head = f"From: ann@example.org\nContent-Type: text/plain; charset={charset}\n\n"
    text = "Die Gebühr beträgt 5 € – für alle."
    assert parse(head.encode() + text.encode(), "a.eml").text.endswith(text)


def test_a_plain_text_that_only_points_to_the_html_of_the_mail_is_not_its_text() -> None:
    message = EmailMessage()
    message["From"] = "shop@example.org"
    message.set_content("Please use a program that shows HTML.")
    message.add_alternative(
        "<p>Thank you, Ann. The two lamps that you ordered on Monday leave our store on 9 May.</p>"
        "<table><tr><th>Item</th><th>Price</th></tr><tr><td>Lamp</td><td>15.00 €</td></tr></table>"
        "<p>Please pay within 14 days, to the account that the invoice names.</p>",
        subtype="html",
    )
    message.add_attachment("Name,Age\nAnn,3\nBob,4", subtype="csv", filename="a.csv")
    mail, attached = parts_of(bytes(message), "a.eml")
    assert mail.document is not None
    assert body(mail.document).startswith("Thank you, Ann.")
    assert "| Lamp | 15.00 € |" in mail.document.text
    assert "HTML" not in mail.document.text
    assert attached.name == "a.csv"


CALENDAR = """BEGIN:VCALENDAR
METHOD:REQUEST
BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:STANDARD
DTSTART:16011028T030000
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
ORGANIZER;CN="Lee, Ann":mailto:ann@example.org
ATTENDEE;ROLE=REQ-PARTICIPANT;CN=Bob:MAILTO:bob@example.org
ATTENDEE:mailto:cy@example.org
SUMMARY:Budget\\, second rea
 ding
DTSTART;TZID=Europe/Berlin:20250512T140000
DTEND;TZID=Europe/Berlin:20250512T153000
LOCATION:Room 3\\; first floor
DESCRIPTION:Bring the figures.\\nLunch is paid.
STATUS:CONFIRMED
BEGIN:VALARM
DESCRIPTION:REMINDER
END:VALARM
END:VEVENT
END:VCALENDAR
"""
INVITED = [
    "When: 2025-05-12 14:00 to 15:30 (Europe/Berlin)",
    "Where: Room 3; first floor",
    "Organizer: Lee, Ann (ann@example.org)",
    "Who: Bob (bob@example.org), cy@example.org",
]


def test_a_calendar_says_what_when_where_and_who() -> None:
    document = parse(CALENDAR.replace("\n", "\r\n").encode(), "a.ics")
    text = "Bring the figures.\nLunch is paid."
    assert document.text == "\n\n".join(["Budget, second reading", "\n".join(INVITED), text])
    assert document.title == "Budget, second reading"
    assert [label for kind, label, _ in outline(document) if kind == "field"] == ["When", "Where", "Organizer", "Who"]


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        ("DTSTART;VALUE=DATE:20250512\nDTEND;VALUE=DATE:20250513", "When: 2025-05-12"),
        ("DTSTART;VALUE=DATE:20250512\nDTEND;VALUE=DATE:20250515", "When: 2025-05-12 to 2025-05-14"),
        ("DTSTART:20250512T220000Z\nDURATION:PT2H30M", "When: 2025-05-12 22:00 to 2025-05-13 00:30 (UTC)"),
        ("DTSTART:20250512T220000\nDURATION:P999999999W", "When: 2025-05-12 22:00"),
        ("DTSTART:20250512T220000\nSTATUS:CANCELLED", "When: 2025-05-12 22:00\nStatus: Cancelled"),
        (
            "DTSTART:20250512T220000\nRRULE:FREQ=WEEKLY;BYDAY=MO",
            "When: 2025-05-12 22:00\nRepeats: every week on Monday",
        ),
        ("DUE:soon", "When: soon"),
    ],
)
def test_each_way_to_say_when(lines: str, shown: str) -> None:
    found = parse(f"BEGIN:VEVENT\nSUMMARY:Choir\n{lines}\nEND:VEVENT\n".encode(), "a.ics")
    assert found.text == f"Choir\n\n{shown}"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("FREQ=WEEKLY", "every week on Monday"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH;WKST=MO", "every 2 weeks on Tuesday and Thursday"),
        ("FREQ=DAILY;COUNT=10", "every day; 10 times"),
        ("FREQ=MONTHLY;BYDAY=1WE,-1FR", "every month on the 1st Wednesday and the last Friday"),
        ("FREQ=MONTHLY;BYMONTHDAY=12,21", "every month on the 12th day and 21st day"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "every month on the last day"),
        ("FREQ=YEARLY;BYMONTH=6,12;UNTIL=20301231T235959Z", "every year in June and December; until 2030-12-31"),
        ("freq=weekly;byday=sa", "every week on Saturday"),
        ("FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1", "FREQ=MONTHLY; BYDAY=MO,TU; BYSETPOS=-1"),
        ("FREQ=SOMETIMES;COUNT=some", "FREQ=SOMETIMES; COUNT=some"),
        ("whenever", "whenever"),
    ],
)
def test_how_an_entry_comes_again_is_said_in_words_where_there_are_short_ones(rule: str, said: str) -> None:
    found = parse(f"BEGIN:VEVENT\nSUMMARY:Choir\nDTSTART:20250512T220000\nRRULE:{rule}\nEND:VEVENT".encode(), "a.ics")
    assert found.text.endswith(f"\nRepeats: {said}")


def test_an_invitation_is_part_of_its_mail_and_read_once() -> None:
    message = EmailMessage()
    message["From"], message["Subject"] = "ann@example.org", "Invitation"
    message.set_content("Please come.")
    message.add_alternative(CALENDAR, subtype="calendar", params={"method": "REQUEST"})
    invited = message.get_payload()[1].get_payload(decode=True)
    message.add_attachment(invited, maintype="application", subtype="ics", filename="invite.ics")
    (part,) = parts_of(bytes(message), "a.eml")
    assert part.document is not None
    assert body(part.document) == "\n\n".join(["Please come.", "\n".join(["What: Budget, second reading", *INVITED])])
    alone = EmailMessage()
    alone["From"] = "ann@example.org"
    alone.set_content(CALENDAR, subtype="calendar")
    assert body(parse(bytes(alone), "a.eml")).endswith("Bring the figures.\nLunch is paid.")


def test_what_outlook_packed_in_a_format_of_its_own_is_said_to_be_unread() -> None:
    message = EmailMessage()
    message["From"] = "ann@example.org"
    message.set_content("See the plan.")
    message.add_attachment(b"\x78\x9f\x3e\x22", maintype="application", subtype="ms-tnef", filename="winmail.dat")
    mail, packed = parts_of(bytes(message), "a.eml")
    assert mail.document is not None
    assert (packed.name, packed.document) == ("winmail.dat", None)
    assert packed.reason.startswith("a.eml/winmail.dat: Outlook packed")
