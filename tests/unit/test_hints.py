from __future__ import annotations

import re
import time
import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from copydesk.domain.edits import StrReplace
from copydesk.domain.text import FileText
from copydesk.editor.hints import HINT_LIMIT, HINT_LINES, explain_miss
from copydesk.editor.matching import occurrences

CODE = """import os


def first(argument):
    total = 0
    for item in argument:
        total += item
    return total


def second(name):
    print("hello")
    return name
"""
LONGEST_HINT = HINT_LIMIT + 1_000
ODD = "\0\x1b\udce9\ud83d\ufffd\u200b\u00a0\u0301…ß—-éa\"'\\<"
PIECES = st.sampled_from(
    [*ODD, "foo", "return x", "──", "\n", "\n", " ", "    ", "\t", "\r", "\r\n", "\\n", "&lt;", "1\t", "2: "]
)
TEXTS = st.lists(PIECES, max_size=30).map("".join)


def hint(text: str | FileText, old_str: str, new_str: str = "unlike anything else") -> str:
    file = text if isinstance(text, FileText) else FileText(text)
    assert not occurrences(file, old_str)
    return explain_miss(file, StrReplace("a", old_str, new_str))


def test_hint_says_so_when_the_file_is_empty() -> None:
    assert hint("", "x") == "The file is empty; use insert with insert_line 0."


def test_hint_asks_for_more_when_old_str_is_blank() -> None:
    assert "nothing but white space" in hint("a\nb\n", " \n\t\n")


@pytest.mark.parametrize(
    "old_str",
    [
        "     4\tdef first(argument):\n     5\t    total = 0",
        "4: def first(argument):\n5:     total = 0",
        "4|def first(argument):\n5|    total = 0",
        "     9\tdef first(argument):",
        "4:def first(argument):",
    ],
)
def test_case_61_hint_says_where_the_text_is_when_line_numbers_were_pasted(old_str: str) -> None:
    said = hint(CODE, old_str)
    assert "holds the line numbers of a view" in said
    assert said.endswith("at line 4.")


@pytest.mark.parametrize("old_str", ["     4\tdef third(argument):", "8:def first(argument):", "4: x\n7: y"])
def test_hint_speaks_of_no_line_numbers_when_that_is_not_the_reason(old_str: str) -> None:
    assert "line numbers" not in hint(CODE + "x\ny\n", old_str)


@pytest.mark.parametrize(
    ("text", "old_str", "difference"),
    [
        (CODE, "def first(argument):\\n    total", r'column 21: the file has a line end where old_str has "\n".'),
        (CODE, '    print(\\"hello\\")', r'column 11: the file has U+0022 QUOTATION MARK where old_str has "\"".'),
        ("a = 'b\\tc'\n", "a = 'b\tc'", r'Line 1, column 7: the file has "\t" where old_str has a TAB.'),
        ("a\\b c\n", "a\\\\b c", r'Line 1, column 2: the file has "\" where old_str has "\\".'),
        ('x = "a\\nb"\n', 'x = "a\\\\nb"', r'the file has "\n" where old_str has "\\n".'),
        ("x = 'é'\n", "x = '\\u00e9'", r'has U+00E9 LATIN SMALL LETTER E WITH ACUTE where old_str has "\u00e9".'),
        ("x = '\\u00E9'\n", "x = 'é'", r'has "\u00E9" where old_str has U+00E9 LATIN SMALL LETTER E WITH ACUTE.'),
        ("x = '😀'\n", "x = '\\ud83d\\ude00'", r'has U+1F600 GRINNING FACE where old_str has "\ud83d\ude00".'),
        ("a\nif a < b && c:\n", "if a &lt; b &amp;&amp; c:", 'Line 2, column 6: the file has "<" where'),
        ("if a &gt; b:\n", "if a > b:", 'the file has "&gt;" where old_str has ">".'),
        ('x = "1"\n', "x = &quot;1&quot;", 'has U+0022 QUOTATION MARK where old_str has "&quot;".'),
    ],
)
def test_hint_shows_both_when_one_side_is_escaped(text: str, old_str: str, difference: str) -> None:
    said = hint(text, old_str)
    assert said.startswith("Only escaped characters differ.")
    assert difference in said


def test_hint_speaks_of_no_escapes_when_the_text_is_not_there_unescaped() -> None:
    assert "escape" not in hint(CODE, "nothing\\nlike\\nthis")


@pytest.mark.parametrize(
    ("text", "old_str", "difference"),
    [
        ("def f():\n\treturn 1\n", "def f():\n    return 1\n", "beginning of line 2: the file has 1 TAB where"),
        (CODE, "    total = 0\n  for item", "beginning of line 6: the file has 4 spaces where old_str has 2 spaces."),
        ("a = 1  \nb = 2\n", "a = 1\nb = 2", "end of line 1: the file has 2 spaces where old_str has no white space."),
        ("a = 1\nb = 2\n", "a = 1\nb = 2 \n", "end of line 2: the file has no white space where old_str has 1 space."),
        ("a = 1\n\n\nb = 2\n", "a = 1\n\nb = 2", "After line 1: the file has 2 blank lines where old_str has 1."),
        ("a = 1\nb = 2\n", "a = 1\n\nb = 2", "After line 1: the file has 0 blank lines where old_str has 1."),
        ("a = 1\n  \nb\n", "a = 1\n\nb", "In the blank line 2: the file has 2 spaces where old_str has no"),
        ("f(a,\n  b)\n", "f(a, b)", "Line 1, column 5: the file has 1 line end, 2 spaces where old_str has 1 space."),
        ("x = [1,  2]\n", "x = [1, 2]", "Line 1, column 8: the file has 2 spaces where old_str has 1 space."),
        ("x = (1)\n", "x = ( 1)", "Line 1, column 6: the file has no white space where old_str has 1 space."),
        ("one\rtwo\n", "one\ntwo", "Line 1, column 4: the file has 1 CR where old_str has 1 line end."),
        ("one\ntwo", "two\n", "At the end of line 2: the file has no white space where old_str has 1 line end."),
        ("one\u00a0two\n", "one two", "the file has U+00A0 NO-BREAK SPACE where old_str has 1 space."),
        ("\r\n one\r\n", "\n  one", "At the beginning of line 2: the file has 1 space where old_str has 2 spaces."),
    ],
)
def test_hint_names_the_white_space_when_nothing_else_differs(text: str, old_str: str, difference: str) -> None:
    said = hint(text, old_str)
    assert said.startswith("Only white space differs.")
    assert difference in said


def test_hint_ignores_what_is_before_old_str_in_its_line() -> None:
    said = hint("if x:\n        a = 1\n\tb = 2\n", "    a = 1\n    b = 2")
    assert "At the beginning of line 3: the file has 1 TAB where old_str has 4 spaces." in said


def test_hint_speaks_of_no_white_space_when_the_place_begins_within_a_word() -> None:
    assert "white space" not in hint("diff\nx\n", "if x")
    assert "white space" not in hint("if\nxy\n", "if x")


def test_hint_gives_the_place_that_differs_least_when_there_are_more() -> None:
    assert hint("Foo(x)\nfoo(x)\n", "foo (x)").startswith("Only white space differs. Line 2, column 4:")


def test_hint_says_whether_there_are_tabs() -> None:
    assert "The file has tabs." in hint("\tone two\n", "    one two")
    assert "The file has no tabs here." in hint("\n    one two\n", "\n\tone two")


@pytest.mark.parametrize(
    ("text", "old_str", "said"),
    [
        ("print(“x”)\n", 'print("x")', "Only quotes differ. Line 1, column 7: the file has U+201C"),
        ("print('x')\n", 'print("x")', 'the file has "\'" where old_str has U+0022'),
        ("# one — two\n", "# one - two", "column 7: the file has U+2014 EM DASH where"),
        ("1–2\n", "1-2", "the file has U+2013 EN DASH"),
        ("1 − 2\n", "1 - 2", "the file has U+2212 MINUS SIGN"),
        ("1 - 2\n", "1 − 2", 'the file has "-" where old_str has U+2212 MINUS SIGN.'),
        ("wait… now\n", "wait... now", "the file has U+2026 HORIZONTAL ELLIPSIS"),
        ("ｆ(x)\n", "f(x)", "the file has U+FF46 FULLWIDTH LATIN SMALL LETTER F"),
        ("pаth = 1\n", "path = 1", "Line 1, column 2: the file has U+0430 CYRILLIC SMALL LETTER A where"),
        ("Οne = 1\n", "One = 1", "the file has U+039F GREEK CAPITAL LETTER OMICRON"),
        ("foo\u200bbar\n", "foobar", "the file has U+200B ZERO WIDTH SPACE"),
        ("cafe\u0301 x\n", "caf\u00e9 x", "Only the Unicode normalisation differs. Line 1, column 4:"),
        ("caf\u00e9 x\n", "cafe\u0301 x", "has U+00E9 LATIN SMALL LETTER E WITH ACUTE where"),
        (CODE, "def First(argument):", 'case differ. Line 4, column 5: the file has "f" where old_str has "F".'),
        ("say “x” A\n", "say  'x' a", "Only white space, escapes, look-alikes or letter case differ."),
    ],
)
def test_case_62_hint_names_the_characters_when_they_look_alike(text: str, old_str: str, said: str) -> None:
    assert said in hint(text, old_str)


@pytest.mark.parametrize(("real", "sent"), [(32, 37), (37, 32)])
def test_case_62_hint_counts_characters_when_they_are_repeated(real: int, sent: int) -> None:
    said = hint(f"one\n# {'─' * real} x\n", f"# {'─' * sent} x")
    name = "U+2500 BOX DRAWINGS LIGHT HORIZONTAL"
    assert f"Line 2, column 3: the file has {real} times {name} where old_str has {sent} times." in said


def test_hint_names_bytes_when_they_are_no_text() -> None:
    file = FileText.decode(b"x = 'caf\xe9 \xff one'\ny = 2\n")
    assert "\udce9" in file.text
    assert "column 9: the file has byte E9 where old_str has U+00E9" in hint(file, "x = 'café \u00ff one'")
    said = hint(file, "x = 'caf\ufffd \ufffd one'")
    assert said.startswith("Only characters that look alike differ.")
    assert "byte E9 where old_str has U+FFFD REPLACEMENT CHARACTER" in said


def test_hint_names_no_bytes_when_a_surrogate_is_one_in_the_file() -> None:
    file = FileText.decode(b"\xff\xfe" + "abc \udce9\n".encode("utf-16-le", "surrogatepass"))
    assert "the file has U+DCE9 where" in hint(file, "abc \ufffd")


def test_hint_says_so_when_the_edit_is_made_already() -> None:
    said = hint(CODE, "def first(arguments):\n    total = 1", "def first(argument):\n    total = 0")
    assert said.startswith("new_str is already there, at line 4: the edit may have been made before")
    assert "already there, at line 1:" in hint("a — long line\n", "a - long line", "a — long line")


@pytest.mark.parametrize(
    ("old_str", "new_str"),
    [("def first(argument):\n    total = 1", "def first(argument):"), ("total = 1", "total"), ("xy", "")],
)
def test_hint_speaks_of_no_edit_made_when_new_str_says_too_little(old_str: str, new_str: str) -> None:
    assert "already" not in hint(CODE, old_str, new_str)


def test_hint_gives_the_white_space_when_new_str_is_there_but_elsewhere() -> None:
    assert "Only white space" in hint("one = two\nthree = four\n", "one  = two", "three = four")


def test_hint_says_how_far_old_str_is_there_when_a_later_line_differs() -> None:
    said = hint(CODE, "def first(argument):\n    total = 0\n    for each in argument:\n        total += each\n")
    assert said.startswith(
        'The first 2 lines of old_str are at lines 4-5. Line 6, column 9: the file has "i" where old_str has "e". '
    )
    assert "     6\t    for item in argument:" in said


def test_hint_says_so_when_old_str_leaves_lines_out() -> None:
    said = hint(CODE, "def first(argument):\n    total = 0\n        total += item\n    return total")
    assert said.startswith(
        "The first 2 lines of old_str are at lines 4-5. The file has line 6 next, which old_str leaves out."
    )
    assert "line 4. The file has line 5 next, which old_str leaves out." in hint(
        CODE, "(argument):\n    for item in arg"
    )


def test_hint_says_so_when_old_str_has_more_lines() -> None:
    said = hint(CODE, "def first(argument):\n    total = 0\n    # sum\n    for item in argument:\n")
    assert said.startswith("The first 2 lines of old_str are at lines 4-5. The file lacks line 3 of old_str there.")


def test_hint_says_so_when_the_file_ends_first() -> None:
    said = hint(CODE, "    return name\n\n\ndef third():\n    pass")
    assert "The first line of old_str is at line 13. The file ends there, and old_str goes on." in said


def test_hint_names_what_differs_first_when_lines_moved() -> None:
    text = CODE.replace("    total = 0\n", "    # the sum\n    total = 0\n")
    assert "line 4. The file has line 5 next" in hint(
        text, "def first(argument):\n    total = 0\n    for item in argument:"
    )


def test_hint_begins_within_a_line_when_old_str_does() -> None:
    said = hint(CODE, "argument):\n    totl = 0\n    for item")
    assert 'The first line of old_str is at line 4. Line 5, column 8: the file has "a" where old_str has "l".' in said
    assert 'Line 6, column 14: the file has "i" where old_str has "o".' in hint(CODE, "item on argument")


@pytest.mark.parametrize(
    ("text", "old_str", "difference"),
    [
        (CODE, "argment):\n    total = 0\n    for item in argument:", 'Line 4, column 14: the file has "u" where'),
        (CODE, "Xtem in argument", 'Line 6, column 9: the file has "i" where old_str has "X".'),
        (
            "if x == fun(a, last_of_all):\n",
            "fun(a, and_more, last_of_all)",
            'Line 1, column 16: the file has "l" where',
        ),
        ("name, name_b\n  second line\n", "nameXb\n  second line\n", 'Line 1, column 11: the file has "_" where'),
        ("one\nfoobar 1\nthe end\nfoobar 2\n", "two\nfoobar 1\nthe end\nfoobar", "At line 1 the file has some"),
        ("a; return 10\nx\nlast\n", "b; return 20\nlast", "Line 1 comes nearest to line 1 of old_str."),
    ],
)
def test_hint_aligns_lines_that_are_not_whole(text: str, old_str: str, difference: str) -> None:
    assert hint(text, old_str).startswith(difference)


def test_hint_goes_by_the_longest_line_when_the_first_differs() -> None:
    said = hint(CODE, 'def another(foo):\n    print("hello")\n    return nme\n')
    assert said.startswith("At line 11 the file has something else than line 1 of old_str.")
    assert "    11\tdef second(name):" in said


def test_hint_names_the_margin_when_a_later_line_differs_too() -> None:
    said = hint(CODE, '  def second(name):\n    print("hello")\n    return nme\n')
    assert said.startswith("At the beginning of line 11: the file has no white space where old_str has 2 spaces.")
    said = hint(CODE, "  def first(argument):\n      total = 0\n      for itm in argument:\n")
    assert said.startswith("At the beginning of line 4: the file has no white space where old_str has 2 spaces.")


def test_hint_goes_by_the_line_that_is_most_like_when_none_is_the_same() -> None:
    lines = [f"def function_{number}(argument):" for number in range(200)]
    lines[120] = "total = compute_everything(first, second)"
    said = hint("\n".join(lines), "before\ntotal = compute_everything(first, third)\nafter")
    assert said.startswith('Line 121 comes nearest to line 2 of old_str. Line 121, column 35: the file has "s"')


def test_hint_names_the_first_line_that_is_like_its_own_when_all_differ() -> None:
    said = hint(CODE, "def frst(argument):\n    totl = 0\n    for itm in argument:\n")
    assert said.startswith(
        'Line 4 comes nearest to line 1 of old_str. Line 4, column 6: the file has "i" where old_str has "r".'
    )


def test_hint_shows_one_place_when_a_line_stands_in_many() -> None:
    text = "".join(f"begin\n  value = {number}\nend\n" for number in range(50))
    said = hint(text, "begin\n  value = 17x\nend\n")
    assert said.count("begin") == 1
    assert "    53\t  value = 17" in said


def test_hint_says_to_view_when_nothing_is_near() -> None:
    assert hint(CODE, "0123456789") == "Nothing in the file is close to it. View the file before you edit it again."


def test_case_55_hint_shows_some_columns_when_the_line_is_long() -> None:
    line = "".join(f"var a{number}=function(b){{return b*{number}}};" for number in range(80_000))
    at = line.index("b*5000}")
    said = hint(line, "var a5000=function(b){return b*5001};")
    assert said.startswith(
        f'Line 1, column {at + 6:,}: the file has "0" where old_str has "1". Line 1 is long; its columns'
    )
    assert "b*5000}" in said
    assert len(said) < LONGEST_HINT


def test_case_60_hint_stays_short_when_everything_is_long() -> None:
    lines = [f"{number} " + "word " * 30 for number in range(100)]
    said = hint("\n".join(lines), "\n".join(lines[:50]).replace("49 ", "x "))
    assert f"    50\t{lines[49]}" in said
    assert len(said) < LONGEST_HINT
    assert len(said.split("\n")) <= HINT_LINES + 1
    assert len(hint("x" + "\\" * 50_000 + "y", "x" + "\\" * 60_000 + "y")) < LONGEST_HINT
    assert len(hint(" \t" * 50_000 + "x y", "\t\t  x y" + " \t" * 5_000)) < LONGEST_HINT


def source_lines(count: int) -> list[str]:
    return [f"    {'value' * (number % 7)} = self.{number % 97}(item, {number * 7919})" for number in range(count)]


SHORT, LONG = source_lines(20_000), source_lines(200_000)
SOME = "\n".join(SHORT[8_990:9_000])
LARGE = {
    "tabs": ("\n".join(SHORT), SOME.replace("    ", "\t")),
    "nothing": ("\n".join(SHORT), "qqqq wwww eeee\nrrrr tttt"),
    "wide": ("\n".join(SHORT).replace("v", "Δ"), "qqqq wwww Δ Δ Δ eeee"),
    "same": ("x = 1\n" * 20_000, "x = 1\n" * 5_000 + "y"),
    "blank": ("\n" * 20_000, "foo\n\n\nbar"),
    "larger": ("\n".join(LONG), SOME.replace("value", "valu", 1)),
    "larger-wide": ("\n".join(LONG).replace("v", "Δ"), "qqqq wwww Δ Δ Δ eeee"),
    "larger-crlf": ("\r\n".join(LONG), "qqqq wwww eeee\nrrrr tttt"),
    "one-line": (" ".join(LONG).replace("v", "Δ"), SOME.replace("\n", " ").replace("v", "Δ")[:-9] + "ZZ"),
    "letters": ("a" * 10_000_000, "a" * 100_000 + "b"),
    "escapes": ("\\a " * 300_000, "\\b\\b\\b"),
    "long-old-str": ("\n".join(SHORT[:300]), "\n".join(SHORT).replace("self", "this")),
}
"""Up to 10 MB; what is bounded takes a tenth of a second."""


@pytest.mark.parametrize("name", LARGE)
def test_hint_comes_soon_when_the_file_is_large(name: str) -> None:
    began = time.process_time()
    hint(*LARGE[name])
    assert time.process_time() - began < 0.5


def test_hint_finds_the_place_when_the_file_has_very_many_lines() -> None:
    lines = source_lines(100_000)
    said = hint("\n".join(lines), "\n".join(lines[70_000:70_005]).replace("self", "this", 1))
    assert "Line 70001, column" in said


@given(TEXTS.filter(bool), TEXTS, st.data())
def test_hint_is_short_and_harmless_for_any_text(text: str, new_str: str, data: st.DataObject) -> None:
    start, at = (data.draw(st.integers(0, len(text))) for _ in range(2))
    old_str = text[start:at] + data.draw(PIECES) + text[at + data.draw(st.integers(0, 3)) :]
    file = FileText(text)
    assume(not occurrences(file, old_str))
    said = hint(file, old_str, new_str)
    odd = {letter for letter in said if unicodedata.category(letter) in ("Cc", "Cs")}
    assert said.strip()
    assert len(said) < LONGEST_HINT
    assert odd <= {*text, "\n", "\t"}
    if "Only white space differs" in said:
        assert "".join(old_str.split()) in "".join(text.split())


@given(st.data())
def test_hint_says_white_space_when_that_is_all_that_was_changed(data: st.DataObject) -> None:
    gaps = st.sampled_from([" ", "  ", "\n", "\n\n", "\n    ", "\n\t", " \n"])
    words = [f"word_{number}" for number in range(data.draw(st.integers(2, 12)))]
    text = "".join(word + data.draw(gaps) for word in words)
    old_str = "".join(word + data.draw(gaps) for word in words).strip()
    assume(old_str not in text)
    assert hint(text, old_str).startswith("Only white space differs.")


@given(st.integers(0, 30), st.integers(1, 8), st.data())
def test_hint_names_the_place_of_the_change_when_there_is_one(first: int, count: int, data: st.DataObject) -> None:
    lines = source_lines(40)
    sent = "\n".join(lines[first : first + count])
    at = data.draw(st.integers(0, len(sent) - 1).filter(lambda at: not sent[at].isspace()))
    is_more = data.draw(st.booleans())
    said = hint("\n".join(lines), f"{sent[:at]}§{sent[at + (not is_more) :]}")
    place = re.search(r"Line (\d+), column (\d+): .* where old_str has U\+00A7 SECTION SIGN", said)
    line, column = sent.count("\n", 0, at), at - sent.rfind("\n", 0, at)
    assert place, said
    assert (int(place[1]), int(place[2])) == (first + line + 1, column)
