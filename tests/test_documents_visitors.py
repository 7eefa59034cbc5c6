"""Files that visitors ask about, in formats with markup: their lists and tables as they are read off the files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from outlines import cells, lists, outline

from documents.load import load

DATA = Path(os.environ.get("REFDESK_DATA", Path(__file__).parents[2] / "shared" / "data")) / "visitors"
SUFFIXES = (".html", ".docx", ".pptx", ".eml")

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="needs the visitors' files; set REFDESK_DATA to their folder")

# Lists, then tables; an item or a row is a line.
EXPECTED = {
    "clinic/data-protection-notice.docx": """\
• to treat you and to document the treatment
• to bill private services
• to remind you of appointments, if you have agreed to text messages
• to meet legal duties, such as reporting notifiable diseases

• other doctors who treat you
• the laboratory, Brightwell Analytics
• the billing service, Pennant Ledger
• the health authority

• to see the data we hold about you
• to have wrong data corrected
• to have data deleted, as far as no legal duty stands against it
• to receive your data in a common electronic format
• to withdraw a consent at any time

| Kind of data | Kept for | Counted from |
| Medical record | 10 years | last treatment |
| Records of children | until the 25th birthday | – |
| Invoices | 6 years | end of the business year |
| Appointment book | 2 years | day of the appointment |
| Job applications that failed | 6 months | the refusal |
| Sterilisation logs | 11 years | day of the cycle |""",
    "clinic/patient-faq.html": """\
1. Collect form N1 at the desk or print it from the portal.
2. Fill it in and sign it on page 2.
3. Bring the form with a photo ID and a proof of address not older than three months.
4. We book you for a new-patient check with a nurse, which takes 25 minutes.
5. Your old practice sends us your record; this takes about four weeks.""",
    "clinic/referral-procedure.docx": """\
1. The doctor tells the patient why the referral is needed and asks for consent.
2. The doctor dictates the letter on the same day.
3. Reception types the letter and enters it in the referral register.
4. The doctor checks and signs the letter.
5. Reception sends the letter through the secure hospital link; fax is no longer allowed.
6. Reception gives the patient the blue card with the reference number.
7. After ten working days reception checks whether the hospital has confirmed.
8. When the report comes back, the doctor reads it within two working days and closes the entry.

• name, date of birth and telephone number of the patient
• the question to the specialist
• findings so far and laboratory values
• current medicines and allergies
• whether an interpreter is needed

| Kind | Letter leaves the practice within | Patient seen within | Checked by |
| Urgent | 24 hours | 2 weeks | Gwen Pargeter |
| Routine | 3 working days | 18 weeks | Tamsin Roe |
| Physiotherapy | 5 working days | 12 weeks | Tamsin Roe |
| Mental health | 2 working days | 6 weeks | Leif Aldous |""",
    "clinic/staff-meeting-2025-05.docx": """\
| Who | What | By |
| Leif Aldous | announce the new fee on the notice board and in the portal | 20 May 2025 |
| Jory Penhale | rota for the Saturday flu clinics | 30 June 2025 |
| Maud Ellery | book the autoclave service | 15 July 2025 |
| Gwen Pargeter | update the FAQ page | 2 June 2025 |
| Dr Quill | draft a leaflet on childhood asthma | 31 July 2025 |""",
    "school/canteen-plan.html": """\
• Pupils, main dish or vegetarian: £3.20
• Dessert: £0.90
• Staff and guests, main dish or vegetarian: £5.40
• Soup of the day with bread: £1.80

| Day | Main dish | Vegetarian | Dessert |
| Monday | Chicken pie with peas | Mushroom pie with peas | Apple crumble |
| Tuesday | Spaghetti bolognese | Spaghetti with lentil sauce | Yoghurt with plums |
| Wednesday | Fish fingers, mashed potatoes | Potato and leek bake | Jelly |
| Thursday | Beef stew with dumplings | Bean stew with dumplings | Rice pudding |
| Friday | Pizza with ham | Pizza margherita | Fruit |

| Dish | Contains |
| Chicken pie | gluten, milk |
| Lentil sauce | celery |
| Fish fingers | fish, gluten |
| Bean stew with dumplings | gluten, egg |
| Rice pudding | milk |
| Jelly | none of the listed allergens |""",
    "school/curriculum-overview.pptx": """\
• Ostermoor School
• For parents of years 7 to 11
• Presented by Mr Babak Nouri, deputy head

• Foundation: years 7 and 8
• Orientation: year 9, choice of options in March
• Examination: years 10 and 11

• First foreign language: French, from year 7
• Second foreign language: German or Spanish, from year 8
• Latin can be taken as an extra course from year 10
• At least 12 pupils are needed for a course to run

• Every pupil chooses three subjects
• One of them must be history or geography
• The form is due on 20 March 2026
• Changes are possible until the end of September

• 29 June to 3 July 2026
• Theme: water
• Results are shown on the Friday from 11:00
• Groups have 10 to 16 pupils of mixed ages

| Subject | Year 7 | Year 8 | Year 9 | Year 10 |
| English | 5 | 4 | 4 | 5 |
| Mathematics | 4 | 4 | 5 | 5 |
| Sciences | 4 | 5 | 6 | 6 |
| First foreign language | 4 | 4 | 3 | 3 |
| Second foreign language | 0 | 3 | 2 | 3 |
| Computing | 1 | 1 | 2 | 2 |
| PE | 3 | 3 | 2 | 2 |""",
    "school/handbook-2024.docx": """\
| Part of the day | Time |
| Registration | 8:00–8:10 |
| Morning break | 10:40–11:00 |
| Lunch | 12:40–13:30 |
| End of lessons | 15:20 |""",
    "school/handbook-2025.docx": """\
1. The pupil tells the teacher of the lesson.
2. The teacher sends the pupil to the office with a yellow slip.
3. The office calls the parents.
4. The parents collect the pupil at the office and sign the book.

| Part of the day | Time |
| Registration | 8:20–8:30 |
| Morning break | 10:45–11:10 |
| Lunch | 12:40–13:30 |
| End of lessons | 15:30 |

| Club | Day | Room | Led by |
| Robotics | Monday | D4 | Mr Okonjo |
| Choir | Tuesday | Hall | Ms Lindqvist |
| Chess | Wednesday | B2 | Mr Farrow |
| Debating | Wednesday | A7 | Mrs Abara |
| Climbing | Thursday | Gym | Mr Tregear |
| Photography | Thursday | C1 | Ms Lindqvist |""",
    "school/trip-letter.docx": """\
1. Fill in the consent form on the back of this letter.
2. Add allergies, medicines and swimming ability.
3. Hand the form in to the class teacher by Friday 24 October 2025.
4. Pay the deposit in the school app.

• waterproof jacket and trousers
• walking boots that have been worn in
• two warm jumpers
• towel and swimming things
• torch
• packed lunch for Monday
• sleeping bag (pillows are provided)

| Part | Amount | Due |
| Deposit | £60 | 31 October 2025 |
| Second payment | £125 | 30 January 2026 |
| Last payment | £100 | 27 March 2026 |""",
    "tool/configuration.html": """\
1. the command line
2. environment variables that begin with WICKERTAIL_
3. the file named by --config
4. ./wickertail.toml
5. /etc/wickertail/wickertail.toml
6. the built-in defaults

| Key | Type | Default | Meaning |
| spool_dir | path | /var/spool/wickertail | folder in which collected lines wait |
| spool_limit | size | 2 GiB | when the spool is larger, collecting stops |
| log_level | text | info | error, warn, info or debug |
| interval | duration | 5m | time between two collections |
| mask | list | ["email", "card"] | what is masked; also "ipv4", "iban" |

| Key | Type | Default | Meaning |
| method | text | zstd | zstd or xz |
| level | number | 9 | 1 to 19 for zstd, 0 to 9 for xz |
| threads | number | 4 | 0 means one per core |
| max_size | size | 512 MiB | an archive that grows beyond is split |
| dictionary | yes/no | yes | train a dictionary for files below 64 KiB |

| Key | Type | Default | Meaning |
| to | URL | none | s3://, sftp:// or file:// |
| retries | number | 5 | attempts before an upload counts as failed |
| timeout | duration | 30s | for one request |
| bandwidth | rate | unlimited | for example 4MB/s |
| delete_after | yes/no | no | delete the local archive once it is uploaded and verified |

| Key | Type | Default | Meaning |
| keep_days | number | 90 | archives older than this are deleted |
| keep_last | number | 10 | so many are kept in any case |
| max_total | size | none | the oldest go first |

| Key | Type | Default | Meaning |
| listen | address | 127.0.0.1:8470 | where the HTTP API listens |
| token_file | path | none | without it only reading is allowed |""",
    "town/council-minutes-2025-03-18.docx": """\
1. Pool price for adults raised to £5.20
2. “Green Yards” continued with £90,000
3. Market hall roof: Tegler & Son
4. 20 mph in Station Road, trial of one year

| Company | Offer | Time | Guarantee |
| Ridgeway Roofing | £148,000 | 9 weeks | 10 years |
| Tegler & Son | £131,500 | 14 weeks | 10 years |
| Norbury Slate | £162,000 | 7 weeks | 15 years |""",
    "town/swimming-pool-rules.html": """\
1. Shower before you go into the water.
2. Children under 8 must be accompanied by someone aged 16 or over.
3. Running, pushing and diving from the side are forbidden.
4. The diving platform is open only while a lifeguard stands beside it.
5. Glass bottles are not allowed anywhere.
6. Photographs need the consent of those in them.
7. Ball games are allowed on the lawn only.
8. People with infectious diseases or open wounds may not use the pool.

| Day | Pool | Sauna |
| Monday | closed | closed |
| Tuesday | 6:30–21:00 | 14:00–21:00 (women only) |
| Wednesday | 9:00–21:00 | 14:00–21:00 |
| Thursday | 6:30–21:00 | 14:00–21:00 |
| Friday | 9:00–22:00 | 12:00–22:00 |
| Saturday and Sunday | 9:00–18:00 | 10:00–18:00 |

| Ticket | Adults | Reduced |
| Day ticket | £5.20 | £3.00 |
| Ten tickets | £46.00 | £26.00 |
| Season ticket | £118.00 | £69.00 |
| Sauna supplement | £6.50 | £6.50 |
| Family day ticket | £13.50 | – |

| Pool | Size | Depth | Water temperature |
| Sports pool | 25 × 15 m | 1.8–3.6 m | 26 °C |
| Learners' pool | 12 × 8 m | 0.6–1.3 m | 30 °C |
| Toddlers' pool | 5 × 4 m | 0.2–0.4 m | 32 °C |""",
    "town/waste-guide.html": """\
1. Order the collection by telephone or online at least ten days ahead.
2. You get a date and a number.
3. Write the number on a sheet and tape it to the largest piece.
4. Put everything on the pavement after 18:00 on the evening before.
5. Sweep the pavement after the collection.

| Bin | What goes in | What does not |
| Grey (residual waste) | nappies, ash, broken crockery, vacuum-cleaner bags | batteries, paint, building rubble |
| Brown (organic waste) | peelings, coffee grounds, cut flowers, egg shells | \
plastic bags, even compostable ones; bones |
| Blue (paper) | newspapers, cardboard, envelopes | pizza boxes with grease, receipts, wallpaper |
| Yellow (packaging) | tins, drink cartons, plastic bottles | toys, glass |

| Size of the grey bin | Fee per year |
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
    found = {f"{path.parent.name}/{path.name}" for path in DATA.rglob("*") if path.suffix in SUFFIXES}
    assert found == set(EXPECTED) | set(QUOTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_lists_and_tables_are_those_of_the_file(name: str) -> None:
    document = load(DATA / name)
    tables = [["| " + " | ".join(row) + " |" for row in table] for table in cells(document)]
    found = ["\n".join(lines) for lines in (*lists(document), *tables)]
    assert found == (EXPECTED[name].split("\n\n") if EXPECTED[name] else [])
    assert all((table.headings, table.labels) == ((0,), 1) for table in document.tables)
    for kind, label, line in outline(document):
        assert kind != "step" or label[:-1].isdecimal()
        assert kind != "list" or line[0] in "1•"


@pytest.mark.parametrize("name", QUOTED)
def test_mails_quoted_in_mails(name: str) -> None:
    document = load(DATA / name)
    quotations = [document.text[own.start : own.end] for own in document.blocks if own.kind == "quotation"]
    assert [(text.split("\n")[0], text.split("\n")[-1]) for text in quotations] == QUOTED[name]
    assert not any(line.startswith(">") for line in document.text.split("\n"))
    before = document.text[: document.text.index(quotations[0])].rstrip().split("\n")[-1]
    assert before.endswith("wrote:")


def test_a_caption_and_code() -> None:
    plan, settings = load(DATA / "school/canteen-plan.html"), load(DATA / "tool/configuration.html")
    assert plan.tables[0].caption is not None
    assert plan.text[slice(*plan.tables[0].caption)] == "Meals of the week"
    (code,) = (own for own in settings.blocks if own.kind == "code")
    assert settings.text[code.start : code.end].split("\n")[3:5] == ["", "[ship]"]
