"""A sheet with something dark beside it, the column of a table, faint boxes: what is taken out before digits are looked for."""

import numpy as np

from chainrule.images.background import background, beside, sheet_in
from chainrule.images.binarize import ink_level, shade_of
from chainrule.images.columns import beyond_rules, rows_from_beyond
from chainrule.images.components import components
from chainrule.images.fields import completed, fields_of, without_frames
from chainrule.images.glyphs import Glyph
from chainrule.images.grouping import writing_height
from chainrule.images.marks import without_marks
from chainrule.images.words import without_words


def glyph(left, height=20, kind="digit", width=10, cut=0.0, shade=None):
    """A full glyph."""
    return Glyph(
        np.ones((height, width), bool),
        left,
        0,
        float(left),
        float(left + width),
        kind=kind,
        cut=cut,
        shade=shade,
    )


def comb(boxes=4, side=20):
    """A comb of equal boxes, bool (60, 40 + boxes * side)."""
    page = np.zeros((60, 40 + boxes * side), bool)
    page[[10, 10 + side], 10 : 11 + boxes * side] = True
    for k in range(boxes + 1):
        page[10 : 11 + side, 10 + k * side] = True
    return page


def test_a_strip_beside_the_sheet_ends_where_the_paper_begins() -> None:
    """A book's gutter a fourth as bright as its page is beside the sheet, also where parts of it are a little lighter; a soft shadow is not."""
    ground = np.full((200, 160), 220, np.float32)
    ground[:, :40] = 60
    ground[:100, :40] = 85
    assert sheet_in(beside(ground))[0] in range(38, 46)
    assert sheet_in(beside(ground))[1:] == (0, 160, 200)
    ground[:, :40] = 130
    assert sheet_in(beside(ground)) == (0, 0, 160, 200)


def test_what_stands_on_or_beyond_the_last_rule_belongs_to_the_next_column() -> None:
    """At either edge; a rule in the middle of the picture parts two columns that are both meant."""
    for rule, gone in ((90, [False, True]), (10, [False, False]), (50, [False, False])):
        rules, page = np.zeros((100, 100), bool), np.zeros((100, 100), bool)
        rules[:, rule] = page[40:60, 40:44] = page[40:60, 94:97] = True
        assert beyond_rules(components(page), rules, (0, 0, 100, 100)).tolist() == gone
    rules[:, 10::20] = True
    assert not beyond_rules(components(page), rules, (0, 0, 100, 100)).any(), "squared paper has no columns"
    rules[:], rules[:30, 90] = False, True
    assert not beyond_rules(components(page), rules, (0, 0, 100, 100)).any(), "a short stroke is no rule"


def test_a_row_that_runs_across_the_last_rule_belongs_to_the_next_column() -> None:
    """With all that stands beside it in the same row; a row that ends before the rule stays, and so does the only row there is."""
    rules, page = np.zeros((100, 100), bool), np.zeros((100, 100), bool)
    rules[:, 90] = True
    page[20:40, 40:50] = page[20:40, 56:66] = True  # the column's own number
    page[60:80, 60:68] = page[60:80, 74:89] = page[60:80, 91:97] = (
        True  # the end of a word, cut by the rule's removal
    )
    parts = components(page)
    keep = ~beyond_rules(parts, rules, (0, 0, 100, 100))
    gone = rows_from_beyond(parts, keep, rules, (0, 0, 100, 100))
    assert sorted(parts.left[keep & ~gone]) == [40, 56]
    page[:50] = False
    parts = components(page)
    keep = ~beyond_rules(parts, rules, (0, 0, 100, 100))
    assert not rows_from_beyond(parts, keep, rules, (0, 0, 100, 100)).any()
    page[20:40, 40:50] = page[20:40, 80:89] = True
    page[60:80] = False
    parts = components(page)
    assert not rows_from_beyond(parts, np.ones(len(parts), bool), rules, (0, 0, 100, 100)).any(), (
        "nothing beyond it"
    )


def test_a_box_that_a_digit_crosses_is_found_by_its_neighbours() -> None:
    """A comb of four whose second and fourth boxes are parted has four fields; beside it nothing is invented."""
    page = comb()
    for left in (30, 70):
        page[10:31, left + 9 : left + 11] = True
    page[15:25, 18:20] = page[15:25, 58:60] = True  # something is written in the others
    assert len(fields_of(page)) == 4
    assert len(completed(fields_of(comb(1)), comb(1))) == len(fields_of(comb(1)))


def test_faint_boxes_are_found_in_the_weaker_mask_and_strokes_stay_whole() -> None:
    """Crumbs of a faint frame go, the digit's ink does not."""
    weak = comb()
    strong = np.zeros_like(weak)
    for k in range(4):
        strong[15:26, 19 + 20 * k : 22 + 20 * k] = True
    weak |= strong
    crumbs = strong.copy()
    crumbs[10, 12:16] = crumbs[12:18, 90] = True
    rest, fields = without_frames(crumbs, weak)
    assert len(fields) == 4
    assert np.array_equal(rest, strong)


def test_letters_beside_digits_are_a_word_and_a_sure_digit_in_one_piece_is_none() -> None:
    """`kr 12`, `12 kr` and `EUR 12`, whose R is cut into a 1 and a 7; a sign alone takes no sure digit with it."""
    two = [(glyph(60), 0.99), (glyph(80), 0.97)]
    kr = [(glyph(0, kind="other"), 0.0), (glyph(12), 0.7)]
    eur = [
        (glyph(0, kind="other"), 0.0),
        (glyph(14, kind="other"), 0.0),
        (glyph(28, cut=0.3), 0.97),
        (glyph(38, cut=0.3), 0.6),
    ]
    after = [(glyph(110, kind="other"), 0.0), (glyph(122), 0.7)]
    for word, before in ((kr, True), (eur, True), (after, False)):
        path = without_words([*word, *two] if before else [*two, *word])
        assert [g.kind for g, _ in path].count("digit") == 2
    assert [g.kind for g, _ in without_words([(glyph(45, kind="other"), 0.0), *two])] == [
        "other",
        "digit",
        "digit",
    ]
    assert [g.kind for g, _ in without_words(two)] == ["digit", "digit"]


def test_two_large_digits_are_the_writing_and_a_printed_line_is_not() -> None:
    """The height is the digits', though the letters below them are twelve."""
    assert writing_height([glyph(0, 20), glyph(20, 20), *(glyph(10 * k, 10) for k in range(12))]) == 20


def test_between_few_pixels_the_shade_tells_where_a_stroke_ends() -> None:
    """A glyph of a small picture keeps what its edges are like; others' ink beside it and what is far larger stay out of it."""
    ink = np.zeros((30, 30), np.float32)
    ink[10:20, 10:14], ink[10:20, 14], ink[10:20, 15:18] = 0.8, 0.3, 0.8
    level = np.full(ink.shape, 0.4, np.float32)
    shade = shade_of(ink, level)
    own = Glyph(np.ones((10, 4), bool), 10, 10, 10.0, 14.0, shade=shade).shaded()
    assert own.shape == (12, 6)
    assert own[1:-1, 1:-1].min() >= 0.5
    assert np.allclose(own[1:-1, -1], 0.375)
    assert own[:, 0].max() == 0
    wide = Glyph(np.ones((10, 5), bool), 10, 10, 10.0, 15.0, shade=shade).shaded()
    assert wide[1:-1, -1].max() == 0, "the next stroke is another's"
    assert glyph(0, 60, shade=np.zeros((60, 60), np.float32)).shaded().shape == (60, 10)
    assert ink_level(ink, 0.4, 0.1).min() >= np.float32(0.1)


def test_a_hair_line_beside_digits_of_a_broad_pen_is_no_one() -> None:
    """What is left of a box's side is said to be a rule; a 1 of the same pen stays, and so do fine strokes among fine ones."""
    ring = np.ones((40, 30), bool)
    ring[6:-6, 6:-6] = False
    zero = Glyph(ring, 0, 0, 0.0, 30.0)
    kept, marks = without_marks([zero, glyph(50, 40, width=6), glyph(70, 40, width=1)])
    assert [g.width for g in kept] == [30, 6]
    assert [(m.width, m.kind) for m in marks] == [(1, "rule")]
    assert len(without_marks([glyph(0, 40, width=1), glyph(20, 40, width=1)])[0]) == 2


def test_a_broad_digit_of_two_tones_is_ink_and_no_shadow() -> None:
    """In a small scan of two tones a 1 a third as wide as the picture lies on the paper's one brightness; a page half in the shade does not."""
    scan = np.full((32, 32), 255, np.uint8)
    scan[1:31, 10:22] = 0
    assert (background(scan) == 255).all()
    shaded = np.full((120, 120), 230, np.uint8)
    shaded[:, 60:] = 120
    shaded[40:80, 20:26] = shaded[40:80, 90:96] = 30
    ground = background(shaded)
    assert ground[10, 20] > 200 > 150 > ground[10, 100]
