"""Files that visitors ask about, in formats with markup: their lists and tables as they are read off the files."""

from __future__ import annotations

import pytest
from components import shared_data
from outlines import brief, cells, lists, outline

from documents.load import load

SUFFIXES = (".html", ".docx", ".pptx", ".eml")

# Lists, then tables; an item or a row is a line, of which the beginning and the length are given.
EXPECTED = {
    "clinic/data-protection-notice.docx": """\
• to treat you and t… 44
• to bill private se… 26
• to remind you of a… 68
• to meet legal duti… 61

• other doctors who … 29
• the laboratory, Br… 38
• the billing servic… 37
• the health authority

• to see the data we… 35
• to have wrong data… 30
• to have data delet… 65
• to receive your da… 52
• to withdraw a cons… 35

| Kind of data | Kep… 42
| Medical record | 1… 46
| Records of childre… 53
| Invoices | 6 years… 49
| Appointment book |… 55
| Job applications t… 57
| Sterilisation logs… 52""",
    "clinic/patient-faq.html": """\
1. Collect form N1 a… 59
2. Fill it in and si… 36
3. Bring the form wi… 85
4. We book you for a… 76
5. Your old practice… 71""",
    "clinic/referral-procedure.docx": """\
1. The doctor tells … 80
2. The doctor dictat… 50
3. Reception types t… 69
4. The doctor checks… 42
5. Reception sends t… 89
6. Reception gives t… 71
7. After ten working… 78
8. When the report c… 96

• name, date of birt… 57
• the question to th… 32
• findings so far an… 39
• current medicines … 33
• whether an interpr… 34

| Kind | Letter leav… 79
| Urgent | 24 hours … 47
| Routine | 3 workin… 52
| Physiotherapy | 5 … 58
| Mental health | 2 … 58""",
    "clinic/staff-meeting-2025-05.docx": """\
| Who | What | By |
| Leif Aldous | anno… 90
| Jory Penhale | rot… 67
| Maud Ellery | book… 59
| Gwen Pargeter | up… 53
| Dr Quill | draft a… 65""",
    "school/canteen-plan.html": """\
• Pupils, main dish … 40
• Dessert: £0.90
• Staff and guests, … 50
• Soup of the day wi… 35

| Day | Main dish | … 42
| Monday | Chicken p… 75
| Tuesday | Spaghett… 84
| Wednesday | Fish f… 76
| Thursday | Beef st… 81
| Friday | Pizza wit… 54

| Dish | Contains |
| Chicken pie | glut… 30
| Lentil sauce | cel… 25
| Fish fingers | fis… 31
| Bean stew with dum… 42
| Rice pudding | milk |
| Jelly | none of th… 40""",
    "school/curriculum-overview.pptx": """\
• Ostermoor School
• For parents of yea… 30
• Presented by Mr Ba… 42

• Foundation: years … 27
• Orientation: year … 49
• Examination: years… 30

• First foreign lang… 45
• Second foreign lan… 57
• Latin can be taken… 52
• At least 12 pupils… 51

• Every pupil choose… 36
• One of them must b… 42
• The form is due on… 34
• Changes are possib… 49

• 29 June to 3 July 2026
• Theme: water
• Results are shown … 44
• Groups have 10 to … 43

| Subject | Year 7 |… 48
| English | 5 | 4 | … 27
| Mathematics | 4 | … 31
| Sciences | 4 | 5 |… 28
| First foreign lang… 42
| Second foreign lan… 43
| Computing | 1 | 1 … 29
| PE | 3 | 3 | 2 | 2 |""",
    "school/handbook-2024.docx": """\
| Part of the day | … 26
| Registration | 8:0… 28
| Morning break | 10… 31
| Lunch | 12:40–13:30 |
| End of lessons | 1… 26""",
    "school/handbook-2025.docx": """\
1. The pupil tells t… 45
2. The teacher sends… 64
3. The office calls … 32
4. The parents colle… 65

| Part of the day | … 26
| Registration | 8:2… 28
| Morning break | 10… 31
| Lunch | 12:40–13:30 |
| End of lessons | 1… 26

| Club | Day | Room … 30
| Robotics | Monday … 38
| Choir | Tuesday | … 41
| Chess | Wednesday … 38
| Debating | Wednesd… 41
| Climbing | Thursda… 42
| Photography | Thur… 46""",
    "school/trip-letter.docx": """\
1. Fill in the conse… 55
2. Add allergies, me… 49
3. Hand the form in … 67
4. Pay the deposit i… 37

• waterproof jacket … 32
• walking boots that… 38
• two warm jumpers
• towel and swimming… 27
• torch
• packed lunch for M… 25
• sleeping bag (pill… 37

| Part | Amount | Due |
| Deposit | £60 | 31… 35
| Second payment | £… 43
| Last payment | £10… 39""",
    "tool/configuration.html": """\
1. the command line
2. environment varia… 52
3. the file named by… 29
4. ./wickertail.toml
5. /etc/wickertail/w… 34
6. the built-in defaults

| Key | Type | Defau… 34
| spool_dir | path |… 83
| spool_limit | size… 75
| log_level | text |… 56
| interval | duratio… 59
| mask | list | ["em… 73

| Key | Type | Defau… 34
| method | text | zs… 37
| level | number | 9… 56
| threads | number |… 47
| max_size | size | … 69
| dictionary | yes/n… 73

| Key | Type | Defau… 34
| to | URL | none | … 47
| retries | number |… 69
| timeout | duration… 46
| bandwidth | rate |… 52
| delete_after | yes… 90

| Key | Type | Defau… 34
| keep_days | number… 66
| keep_last | number… 58
| max_total | size |… 49

| Key | Type | Defau… 34
| listen | address |… 66
| token_file | path … 65""",
    "town/council-minutes-2025-03-18.docx": """\
1. Pool price for ad… 40
2. “Green Yards” con… 39
3. Market hall roof:… 33
4. 20 mph in Station… 44

| Company | Offer | … 38
| Ridgeway Roofing |… 52
| Tegler & Son | £13… 49
| Norbury Slate | £1… 49""",
    "town/swimming-pool-rules.html": """\
1. Shower before you… 39
2. Children under 8 … 67
3. Running, pushing … 59
4. The diving platfo… 71
5. Glass bottles are… 42
6. Photographs need … 49
7. Ball games are al… 43
8. People with infec… 71

| Day | Pool | Sauna |
| Monday | closed | … 28
| Tuesday | 6:30–21:… 51
| Wednesday | 9:00–2… 40
| Thursday | 6:30–21… 39
| Friday | 9:00–22:0… 37
| Saturday and Sunda… 50

| Ticket | Adults | … 29
| Day ticket | £5.20… 30
| Ten tickets | £46.… 33
| Season ticket | £1… 36
| Sauna supplement |… 36
| Family day ticket … 34

| Pool | Size | Dept… 43
| Sports pool | 25 ×… 47
| Learners' pool | 1… 49
| Toddlers' pool | 5… 48""",
    "town/waste-guide.html": """\
1. Order the collect… 71
2. You get a date an… 31
3. Write the number … 64
4. Put everything on… 68
5. Sweep the pavemen… 43

| Bin | What goes in… 38
| Grey (residual was… 114
| Brown (organic was… 122
| Blue (paper) | new… 98
| Yellow (packaging)… 75

| Size of the grey b… 39
| 60 litres | £84 |
| 120 litres | £138 |
| 240 litres | £242 |""",
}

# The quotations in a mail, each in the one before it: its first line and its last.
QUOTED = {
    "clinic/delivery-thread.eml": [
        ("Dear Mr Aldous,", "of delivery."),
        ('Hello, your tracking page says "delivered, signed by R. Hask". There is no Hask here and', "of delivery."),
        ("Dear Mr Aldous,", "of delivery."),
    ],
    "tool/forum-thread.eml": [
        ("Our auditors require that archives are kept for seven years, so the smaller file matters", "Desmond"),
        ("Since the update to 3.0 my archives are 24% bigger. I found out that xz is no longer the", "Desmond"),
    ],
    "town/market-thread.eml": [
        (
            "Hello Ms Vell, here is the insurance paper, sorry I forgot it. Is there power this year? And may",
            "Cosima Vell",
        ),
        ("Dear Mr Osgood,", "Cosima Vell"),
    ],
}


def test_every_file_is_looked_at() -> None:
    found = {
        f"{path.parent.name}/{path.name}" for path in shared_data("visitors").rglob("*") if path.suffix in SUFFIXES
    }
    assert found == set(EXPECTED) | set(QUOTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_lists_and_tables_are_those_of_the_file(name: str) -> None:
    document = load(shared_data(f"visitors/{name}"))
    tables = [["| " + " | ".join(row) + " |" for row in table] for table in cells(document)]
    found = ["\n".join(lines) for lines in (*lists(document), *tables)]
    shown = ["\n".join(map(brief, block.split("\n"))) for block in found]
    assert shown == (EXPECTED[name].split("\n\n") if EXPECTED[name] else [])
    assert all((table.headings, table.labels) == ((0,), 1) for table in document.tables)
    for kind, label, line in outline(document):
        assert kind != "step" or label[:-1].isdecimal()
        assert kind != "list" or line[0] in "1•"


@pytest.mark.parametrize("name", QUOTED)
def test_mails_quoted_in_mails(name: str) -> None:
    document = load(shared_data(f"visitors/{name}"))
    quotations = [document.text[own.start : own.end] for own in document.blocks if own.kind == "quotation"]
    assert [(text.split("\n")[0], text.split("\n")[-1]) for text in quotations] == QUOTED[name]
    assert not any(line.startswith(">") for line in document.text.split("\n"))
    before = document.text[: document.text.index(quotations[0])].rstrip().split("\n")[-1]
    assert before.endswith("wrote:")


def test_a_caption_and_code() -> None:
    plan = load(shared_data("visitors/school/canteen-plan.html"))
    settings = load(shared_data("visitors/tool/configuration.html"))
    assert plan.tables[0].caption is not None
    assert plan.text[slice(*plan.tables[0].caption)] == "Meals of the week"
    (code,) = (own for own in settings.blocks if own.kind == "code")
    assert settings.text[code.start : code.end].split("\n")[3:5] == ["", "[ship]"]
