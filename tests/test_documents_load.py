"""Loading files and bytes as documents, and the one-line error for whatever cannot be read."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from fakes import unprivileged
from hypothesis import given, settings
from hypothesis import strategies as st
from real_files import docx_file, pdf_file, zip_file

from documents.document import DocumentError
from documents.find import find
from documents.load import FORMATS, MAX_BYTES, load, normalise, parse, parts_of, sample_paths

CHINESE = "北京正在建设全球数字经济标杆城市。\n2024年,数字经济增加值超过2.2万亿元,同比增长7.7%。"
JAPANESE = "東京は日本の首都です。人口は約1400万人で、世界最大の都市圏を形成しています。"
FRENCH = "L’été dernier, nous avons visité la forêt près du château. C'était très agréable."
RUSSIAN = "Москва является столицей России.\nНаселение города превышает двенадцать миллионов человек."
ENGLISH = "Plain words, nothing else.\nA second line."


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (ENGLISH, "utf-16-le"),
        (ENGLISH, "utf-16-be"),
        (ENGLISH, "utf-32"),
        (CHINESE, "utf-8"),
        (CHINESE, "utf-8-sig"),
        (CHINESE, "utf-16"),
        (CHINESE, "utf-16-le"),
        (CHINESE, "utf-16-be"),
        (CHINESE, "gb18030"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc_jp"),
        (FRENCH, "cp1252"),
        ("Le café est fermé.", "cp1252"),
        ("It’s “really” only a few curly quotes – nothing else", "cp1252"),
        ("Zażółć gęślą jaźń. Święta są w grudniu, a łąka jest pełna kwiatów.", "cp1250"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "utf-16-le"),
    ],
)
def test_common_encodings_are_recognised(text: str, encoding: str) -> None:
    assert parse(text.encode(encoding), "a.txt").text == text


@pytest.mark.parametrize(
    ("tail", "encoding"), [("Un café naïve à la fin.", "cp1252"), (RUSSIAN, "cp1251"), (CHINESE, "gb18030")]
)
def test_the_first_non_ascii_character_may_come_late(tail: str, encoding: str) -> None:
    text = "Plain words, nothing else.\n" * 4000 + tail
    assert parse(text.encode(encoding), "a.txt").text == text


@pytest.mark.parametrize(
    "text", ["It’s fine.\nIt’s fine.\nIt’s fine.", "It costs £5 at 20° in the shade, or so they say."]
)
def test_a_few_non_ascii_characters_do_not_make_english_text_japanese(text: str) -> None:
    assert parse(text.encode("cp1252"), "a.txt").text == text


@pytest.mark.parametrize(
    "text", ["Zürich liegt an der Limmat, größer als Bern.", RUSSIAN, CHINESE, "“Quoted” — that’s it."]
)
def test_utf8_with_a_damaged_byte_is_read_as_utf8(text: str) -> None:
    whole = text.encode()
    assert parse(b"\xff" + whole, "a.txt").text == f"\ufffd{text}"
    torn = f"{text} é".encode()[:-1]
    assert parse(torn, "a.txt").text == f"{text} \ufffd"


def test_long_text_in_a_legacy_encoding_is_read_to_its_end() -> None:
    text = "\n".join([CHINESE] * 2000)
    assert parse(text.encode("gb18030"), "a.txt").text == text


@pytest.mark.parametrize(
    "data",
    [b"\x7fELF\x02\x01" + bytes(100), bytes(range(256)) * 4, b"\0" * 50, b"\x89PNG\r\n\x1a\n\0\0\0\r" * 9],
    ids=["program", "every byte", "zeros", "picture"],
)
def test_binary_data_is_refused_with_advice(data: bytes) -> None:
    with pytest.raises(DocumentError, match=r"^a\.txt: not a text file .*convert it"):
        parse(data, "a.txt")


@pytest.mark.parametrize("data", [b" \r\n\t \n", b"\xef\xbb\xbf", "\u200b\u00a0\u200d".encode()])
def test_a_file_without_text_is_refused(data: bytes) -> None:
    with pytest.raises(DocumentError, match=r"^b\.md: the file holds no text$"):
        parse(data, "b.md")


def test_an_unknown_format_error_lists_the_known_formats() -> None:
    with pytest.raises(DocumentError, match=r"^x\.xyz: unknown format; the known ones are \.txt, .*\.md"):
        parse(b"text", "x.xyz")
    with pytest.raises(DocumentError, match="unknown format"):
        parse(b"text", "README")


def test_the_suffix_is_case_insensitive() -> None:
    assert parse(b"# Title\n\nText.", "NOTES.MD").title == "Title"


def test_a_file_that_is_too_large_is_refused_with_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "big.txt"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(DocumentError, match=r"big\.txt: larger than 64 MB"):
        load(path)
    with pytest.raises(DocumentError, match=r"^up\.txt: larger than 64 MB"):
        parse(path.read_bytes(), "up.txt")


def test_a_file_name_with_a_line_break_gives_a_one_line_error() -> None:
    with pytest.raises(DocumentError) as caught:
        parse(b"", "two\nlines\udcff.txt")
    assert str(caught.value) == "two?lines?.txt: the file is empty"


@pytest.mark.parametrize("suffix", FORMATS)
def test_an_empty_file_of_any_format_is_reported_as_empty(suffix: str) -> None:
    with pytest.raises(DocumentError, match=rf"^a\{suffix}: the file is empty$"):
        parse(b"", f"a{suffix}")


def test_a_file_of_another_format_than_its_suffix_is_reported() -> None:
    with pytest.raises(DocumentError, match=r"^a\.docx: not of the format Word but a PDF file; give it the suffix"):
        parse(pdf_file(), "a.docx")
    with pytest.raises(DocumentError, match=r"^a\.pdf: not of the format PDF but a ZIP container"):
        parse(docx_file(), "a.pdf")
    (inside,) = parts_of(zip_file({"a.docx": pdf_file()}), "a.zip")
    assert inside.reason.startswith("a.zip/a.docx: not of the format Word but a PDF file")


def test_load_reports_a_missing_file(tmp_path: Path) -> None:
    for missing in (tmp_path / "gone.txt", tmp_path / "gone"):
        with pytest.raises(DocumentError) as caught:
            load(missing)
        assert str(caught.value) == f"no such file or folder: {missing}"
    folder = tmp_path / "folder.txt"
    folder.mkdir()
    with pytest.raises(DocumentError, match=r"folder\.txt: not a file but a folder$"):
        load(folder)


def test_load_reports_an_invalid_path() -> None:
    with pytest.raises(DocumentError, match=r"^no such file or folder: a\?b\.txt$"):
        load(Path("a\0b.txt"))
    with pytest.raises(DocumentError, match=r"cannot be read \(File name too long\)$"):
        next(find([Path("x" * 5000 + ".txt")]))
    with pytest.raises(DocumentError, match=r"^/dev/null: not a file$"):
        load(Path("/dev/null"))


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs POSIX permissions")
def test_load_reports_missing_permission() -> None:
    with tempfile.TemporaryDirectory() as name:
        path, folder = Path(name) / "secret.txt", Path(name) / "closed"
        path.write_text("text")
        path.chmod(0)
        folder.mkdir(mode=0)
        with unprivileged(Path(name)):
            with pytest.raises(DocumentError, match=r"secret\.txt: no permission to read it"):
                load(path)
            assert list(find([Path(name)])) == [folder, path]
            with pytest.raises(DocumentError, match=r"closed: no permission to read it"):
                load(folder)


def test_load_and_parse_give_the_same_document(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(CHINESE.encode())
    assert load(path) == parse(CHINESE.encode(), "elsewhere.txt")


def _tree(root: Path) -> None:
    for name in ("b.txt", "a.md", "sub/c.TXT", "sub/photo.raw", ".hidden.txt", ".git/d.txt", "sub/Makefile"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text")


def test_find_walks_folders_in_order_and_skips_other_files(tmp_path: Path) -> None:
    _tree(tmp_path)
    found = [path.relative_to(tmp_path).as_posix() for path in find([tmp_path])]
    assert found == ["a.md", "b.txt", "sub/c.TXT"]


def test_find_yields_each_file_once_and_a_hidden_one_only_if_given(tmp_path: Path) -> None:
    _tree(tmp_path)
    given = [tmp_path / ".hidden.txt", tmp_path / "sub" / "c.TXT", tmp_path]
    assert [path.name for path in find(given)] == [".hidden.txt", "c.TXT", "a.md", "b.txt"]


def test_find_raises_before_the_first_file(tmp_path: Path) -> None:
    _tree(tmp_path)
    with pytest.raises(DocumentError, match=r"^no such file or folder: .*nowhere$"):
        next(find([tmp_path, tmp_path / "nowhere"]))
    with pytest.raises(DocumentError, match=r"photo\.raw: unknown format; the known ones are \.txt"):
        next(find([tmp_path, tmp_path / "sub" / "photo.raw"]))


def test_find_does_not_follow_links_out_of_the_folder(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    for folder in (inside, outside):
        folder.mkdir()
        (folder / "file.txt").write_text("text")
    (inside / "away.txt").symlink_to(outside / "file.txt")
    (inside / "within.txt").symlink_to(inside / "file.txt")
    (inside / "folder").symlink_to(outside)
    (inside / "loop").symlink_to(inside)
    (inside / "circle.txt").symlink_to(inside / "circle.txt")
    (inside / "broken.txt").symlink_to(tmp_path / "nowhere")
    assert [path.name for path in find([inside])] == ["file.txt", "within.txt"]


def test_the_samples_exist_and_have_titles() -> None:
    documents = {path.name: load(path) for path in sample_paths()}
    assert documents["guide.md"].title == "A short guide to Refdesk"
    assert any(document.title.startswith("How to Build a Benchmark City") for document in documents.values())
    assert len(documents) == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\ufeffone\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"),
        ("7.7\u00a0%\u2009of\u202f5\u3000x\ty", "7.7 % of 5 x    y"),
        ("zero\u200bwidth soft\u00adhyphen nul\0 bell\a", "zerowidth softhyphen nul bell"),
        ("e\u0301 e\u200b\u0301", "é é"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("end  \n  \n\n\n\nnext\x0cpage\n", "end\n\nnext\n\npage"),
        ("bad \ud800 half", "bad \ufffd half"),
        ("\tcode", "    code"),
    ],
)
def test_normalise(text: str, expected: str) -> None:
    assert normalise(text) == expected


ANY_TEXT = st.text(
    st.one_of(
        st.characters(),
        st.characters(categories=["Cs"]),
        st.sampled_from("\t\n\r\x0b\x0c\x85\u2028\u00a0\u2000\u2001\u200b\u3000\u0301\u0344\u037e\u212b #-="),
    )
)


@settings(deadline=None, derandomize=True)
@given(ANY_TEXT)
def test_normalise_is_idempotent_and_encodable(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert once.encode("utf-8").decode("utf-8") == once
    assert not set("\r\t\0\u00a0\u200b\ufeff") & set(once)


@settings(deadline=None, derandomize=True)
@given(st.binary(max_size=300) | ANY_TEXT.map(lambda text: text.encode("utf-16-le", "surrogatepass")))
def test_any_bytes_give_a_document_or_a_one_line_error(data: bytes) -> None:
    for name in ("a.txt", "a.md"):
        try:
            document = parse(data, name)
        except DocumentError as error:
            message = str(error)
        else:
            assert document.text == normalise(document.text)
            assert document.text.strip()
            continue
        assert message.startswith(f"{name}: ")
        assert "\n" not in message
