"""Rows of ink cut into digits: the reading whose glyphs are surest, and what is said of everything else."""

from itertools import pairwise

import numpy as np
import pytest
from drawn_pages import sign

from chainrule.images.broken_rules import of_broken_rules
from chainrule.images.clutter import writing
from chainrule.images.coloured_frames import without_coloured_frames
from chainrule.images.components import components
from chainrule.images.fields import without_frames
from chainrule.images.glyphs import Glyph
from chainrule.images.grouping import writing_height
from chainrule.images.lines import without_lines
from chainrule.images.marks import kind_of, paired, without_marks
from chainrule.images.seams import pieces_of
from chainrule.images.segmentation import Lattice, separated
from chainrule.images.skew import angle_of, box_before, level
from chainrule.images.underlines import without_underlines


def segmented(mask, judge):
    """What is found in a mask."""
    parts = components(mask)
    return separated(parts, np.ones(len(parts), bool), judge)


def glyph(ink, left=0, top=0, row=0):
    """A glyph of some ink."""
    ink = np.asarray(ink, bool)
    return Glyph(ink, left, top, float(left), float(left + ink.shape[1]), row)


@pytest.mark.parametrize(("middle", "digits", "marks"), [(100, 2, 1), (60, 2, 1)])
def test_what_the_network_takes_for_nothing_is_a_mark_and_not_forgotten(middle, digits, marks) -> None:
    """Between two sure digits a glyph that is surely none becomes a mark, whatever its size."""
    mask = np.zeros((160, 180), bool)
    for k, (height, width) in enumerate(((100, 14), (middle, 20), (100, 14))):
        mask[130 - height : 130, 40 * k + 30 : 40 * k + 30 + width] = True

    def judge(inks):
        return np.array([0.02 if ink.shape[1] != 14 else 0.95 for ink in inks])

    found = segmented(mask, judge)
    assert len(found.digits) == digits
    assert len(found.marks) == marks


def test_a_doubtful_digit_stays_a_digit() -> None:
    """A glyph as tall as the others that may well be a digit is read, however unsure."""
    mask = np.zeros((160, 180), bool)
    for k in range(3):
        mask[30:130, 40 * k + 30 : 40 * k + 44 + 2 * (k == 1)] = True
    found = segmented(
        mask, lambda inks: np.array([{16: 0.3, 14: 0.95}.get(ink.shape[1], 0.02) for ink in inks])
    )
    assert len(found.digits) == 3


def test_two_that_touch_are_cut_where_least_ink_is_crossed() -> None:
    """Two rings that touch at their sides are two, cut between them, when the network knows rings and nothing else."""
    y, x = np.indices((90, 140))
    ring = np.zeros((90, 140), bool)
    for centre in (40, 99):
        far = np.hypot(x - centre, (y - 45) * 0.8)
        ring |= (far < 30) & (far > 22)

    def judge(inks):
        return np.array(
            [0.97 if 0.7 < ink.shape[1] / ink.shape[0] < 0.95 and len(ink) > 60 else 0.03 for ink in inks]
        )

    found = segmented(ring, judge)
    assert len(found.digits) == 2
    assert not found.marks
    assert abs(found.digits[0].right - 70) <= 4


def test_a_frame_is_erased_and_what_crosses_it_stays() -> None:
    """A comb of four boxes: its lines go, the digits in it stay, and the fields are told apart; the hole of a 0 is none."""
    mask = np.zeros((120, 420), bool)
    for k, name in enumerate("2750"):
        mask[20:80, 20 + 95 * k : 80 + 95 * k] = sign(name, 60, 6) > 0.5
    plain = mask.copy()
    for k in range(5):
        mask[8:100, 3 + 95 * k : 6 + 95 * k] = True
    mask[8:11, 3:386] = mask[97:100, 3:386] = True
    rest, fields = without_frames(mask)
    assert len(fields) == 4
    assert (rest & plain).sum() > 0.97 * plain.sum()
    assert (rest & ~plain).sum() < 60
    untouched, none = without_frames(plain)
    assert not none
    assert (untouched == plain).all()


@pytest.mark.parametrize(
    ("box", "kind"),
    [
        ((40, 4, 30), "minus"),
        ((8, 9, 66), "point"),
        ((7, 18, 62), "comma"),
        ((170, 4, 75), "rule"),
    ],
)
def test_small_marks_have_their_names(box, kind) -> None:
    """A minus, a point, a comma, a rule beside digits 60 pixels high."""
    width, height, top = box
    digits = [glyph(np.ones((60, 40)), 100, 10), glyph(np.ones((60, 40)), 160, 10)]
    assert kind_of(glyph(np.ones((height, width)), 50, top), digits) == kind


def test_plus_and_equals_have_their_names() -> None:
    """A cross of two strokes, and two level strokes above each other."""
    digits = [glyph(np.ones((60, 40)), 100, 10)]
    plus, equals = np.zeros((30, 30), bool), np.zeros((22, 34), bool)
    plus[13:17] = plus[:, 13:17] = True
    equals[:5] = equals[-5:] = True
    assert kind_of(glyph(plus, 50, 25), digits) == "plus"
    assert kind_of(glyph(equals, 50, 28), digits) == "equals"


def test_two_minus_signs_above_each_other_are_one_equals_sign() -> None:
    """Pieces that do not touch are one mark where they belong together, and two where they stand side by side."""
    bars = [Glyph(np.ones((4, 30), bool), 50, top, 50.0, 80.0, kind="minus") for top in (20, 36)]
    (mark,) = paired(bars)
    assert (mark.kind, mark.box) == ("equals", (50, 20, 80, 40))
    aside = Glyph(np.ones((4, 30), bool), 120, 36, 120.0, 150.0, kind="minus")
    assert [m.kind for m in paired([bars[0], aside])] == ["minus", "minus"]


def slanted(height, lean, bow=0.0):
    """A stroke four pixels wide that leans, and bows to the left in the middle."""
    y = np.arange(height)
    x = (height - y) * lean - bow * height * np.sin(np.pi * y / height)
    x = np.rint(x - x.min()).astype(int)
    ink = np.zeros((height, x.max() + 4), bool)
    for k in range(4):
        ink[y, x + k] = True
    return ink


def test_a_slash_between_digits_is_no_one() -> None:
    """A stroke between digits that is taller than they and leans is a slash; as tall as they, or at an end, it is a 1."""
    two = np.ones((60, 40), bool)
    two[20:40, 5:] = False

    def row(*inks):
        return [glyph(ink, 80 * k, 100 - len(ink)) for k, ink in enumerate(inks)]

    digits, marks = without_marks(row(two, slanted(84, 0.35), two))
    assert (len(digits), [m.kind for m in marks]) == (2, ["slash"])
    for line in (
        row(two, slanted(60, 0.35), two),
        row(slanted(84, 0.35), two, two),
        row(two, slanted(84, 0.0), two),
    ):
        digits, marks = without_marks(line)
        assert (len(digits), marks) == (3, [])


def test_brackets_around_a_digit_are_no_ones() -> None:
    """Two tall strokes that bow towards each other are brackets."""
    seven = np.ones((60, 40), bool)
    seven[12:, :25] = False
    line = [
        glyph(slanted(70, 0.0, 0.12), 0, 20), glyph(seven, 60, 25), glyph(slanted(70, 0.0, 0.12)[:, ::-1], 140, 20),
    ]  # fmt: skip
    digits, marks = without_marks(line)
    assert (len(digits), [m.kind for m in marks]) == (1, ["bracket", "bracket"])


@pytest.mark.parametrize("angle", [-30.0, -15.0, 20.0, 40.0])
def test_a_slanted_line_is_turned_level(angle) -> None:
    """The angle of a line of blocks is found, turning makes it level, and boxes are led back to where they were."""
    mask = np.zeros((500, 500), bool)
    centres = []
    for k in range(4):
        x = 130 + 80 * k * np.cos(np.radians(angle))
        y = 250 - 80 * (k - 1.5) * np.sin(np.radians(angle))
        centres.append((x, y))
        mask[int(y) - 25 : int(y) + 25, int(x) - 18 : int(x) + 18] = True
    blocks = [glyph(np.ones((50, 36)), int(x) - 18, int(y) - 25) for x, y in centres]
    found = angle_of(blocks)
    assert found == pytest.approx(angle, abs=2.0)
    turned = level(mask, found)
    parts = components(turned)
    middles = (parts.top + parts.bottom) / 2
    assert len(parts) == 4
    assert np.ptp(middles) < 8
    first = int(parts.left.argmin())
    box = tuple(int(getattr(parts, side)[first]) for side in ("left", "top", "right", "bottom"))
    left, top, right, bottom = box_before(box, found, mask.shape, turned.shape)
    assert abs((left + right) / 2 - centres[0][0]) < 3
    assert abs((top + bottom) / 2 - centres[0][1]) < 3


def test_level_writing_is_left_as_it_is() -> None:
    """Two rows of a page, and one row that slopes a little, have no angle."""
    page = [glyph(np.ones((50, 36)), 80 * k, 100 * row + 3 * k) for k in range(5) for row in range(2)]
    assert angle_of(page) == 0.0


def rings(centres, size):
    """Rings 60 high and 48 wide."""
    y, x = np.indices(size)
    mask = np.zeros(size, bool)
    for centre in centres:
        far = np.hypot(x - centre, (y - size[0] / 2) * 0.8)
        mask |= (far < 24) & (far > 16)
    return mask


def test_a_whole_row_of_digits_that_touch_is_cut() -> None:
    """Four rings in one piece of ink, five times as wide as high, are four digits and not a mark beside a stroke."""
    mask = rings((100, 145, 190, 235), (100, 280))
    mask[20:80, 30:40] = True

    def judge(inks):
        return np.array(
            [0.95 if 0.7 < i.shape[1] / i.shape[0] < 0.95 or i.shape[1] < 12 else 0.05 for i in inks]
        )

    assert len(segmented(mask, judge).digits) == 5


def test_an_underline_that_touches_is_taken_out_and_strokes_stay() -> None:
    """What is below two rings and touches both goes, level or tilted; a thick bar and a row without one stay."""
    for tilt in (-0.08, 0.0, 0.08):
        mask = rings((50, 100), (100, 150))
        for x in range(20, 132):
            y = round(77 + tilt * (x - 75))
            mask[y : y + 4, x] = True
        parts = components(mask)
        rest = without_underlines(parts, np.ones(len(parts), bool), mask.shape)
        assert rest is not None
        assert rest.sum() < mask.sum() - 200
        assert (rest & rings((50, 100), (100, 150))).sum() > 0.9 * rings((50, 100), (100, 150)).sum()
    parts = components(rings((50, 94), (100, 150)))
    assert without_underlines(parts, np.ones(len(parts), bool), (100, 150)) is None


def test_a_rule_below_an_amount_goes_and_a_stroke_across_a_square_picture_stays() -> None:
    """One line as thick as the strokes is a rule where the picture is far longer than high, and may be a digit's elsewhere."""
    amount, square = rings((60, 130, 200), (100, 280)), rings((50,), (100, 100))
    amount[88:96] = square[46:54] = True
    assert not without_lines(amount)[0][92].any()
    assert without_lines(square)[0][50].any()


def test_the_edge_of_a_sheet_is_no_one() -> None:
    """A sliver of ink where the sheet ends and the dark begins goes, when there is writing; alone on its sheet it stays."""
    mask = rings((150,), (200, 260))
    mask[60:90, 62:67] = True
    outside = np.zeros(mask.shape, bool)
    outside[:, :60] = True
    parts = components(mask)
    keep = writing(parts, mask.astype(np.float32), outside)
    assert [int(w) for w in parts.width[keep]] == [int(parts.width.max())]
    everything = writing(parts, mask.astype(np.float32), np.zeros(mask.shape, bool))
    assert everything.all()


def test_where_nothing_is_surely_a_digit_all_is_read_as_well_as_may_be() -> None:
    """Two rings that touch are read as two, both unsure, when the network is unsure of everything and surest of rings."""
    mask = rings((50, 95), (100, 150))
    found = segmented(mask, lambda inks: np.array([0.4 if i.shape[1] < 60 else 0.03 for i in inks]))
    assert len(found.digits) == 2
    assert found.marks == []


def test_a_digit_that_runs_over_the_edge_is_more_than_specks_inside() -> None:
    """A stroke that touches the picture's edge stays when all that stands inside are specks, and goes beside a digit."""
    mask = np.zeros((120, 120), bool)
    mask[40:120, 50:58] = mask[40:48, 50:90] = True
    mask[30:38, 20:28] = True
    outside = np.zeros(mask.shape, bool)
    parts = components(mask)
    keep = writing(parts, mask.astype(np.float32), outside)
    assert keep[parts.area.argmax()]


@pytest.mark.parametrize("colour", [(230, 40, 50), (40, 90, 230), (20, 150, 40), (240, 140, 20)])
def test_black_digits_that_touch_coloured_boxes_stay_whole(colour) -> None:
    """A ring that crosses the sides of its box is left as it was drawn, and nothing of the box is."""
    page = np.full((120, 140, 3), 255, np.uint8)
    for upright in (slice(30, 33), slice(107, 110)):
        page[20:100, upright] = colour
    for level_side in (slice(20, 23), slice(97, 100)):
        page[level_side, 30:110] = colour
    y, x = np.indices((120, 140))
    ring = np.abs(np.hypot(x - 72, y - 60) - 14) < 3  # with a stroke over the right side
    ring[58:62, 86:118] = ring[40:80, 42:46] = True
    page[ring] = 25
    mask = page.min(axis=2) < 160
    rest, fields = without_frames(mask)
    assert fields
    assert np.array_equal(without_coloured_frames(mask, rest, fields, page), ring)
    grey = np.repeat(page.mean(axis=2).astype(np.uint8)[..., None], 3, axis=2)
    assert np.array_equal(without_coloured_frames(mask, rest, fields, grey), rest)


def test_an_upright_rule_in_pieces_is_no_column_of_ones() -> None:
    """Hair lines that continue each other are a rule, straight or nearly; ones below each other, and one stroke alone, are not."""
    rule, ones, alone = (np.zeros((300, 80), bool) for _ in range(3))
    for top, bottom in ((10, 60), (75, 150), (180, 280)):
        for y in range(top, bottom):
            rule[y, 50 + y // 60] = True
    for top in (10, 110, 210):
        ones[top : top + 70, 40:47] = True
    alone[20:200, 40] = True
    assert of_broken_rules(components(rule)).all()
    assert not of_broken_rules(components(ones)).any()
    assert not of_broken_rules(components(alone)).any()


def test_a_long_rule_says_nothing_about_the_height_of_digits() -> None:
    """The writing is as high as its digits, however long the rules beside them are."""
    digits = [glyph(np.ones((20, 12)), 20 * k) for k in range(3)]
    rules = [glyph(np.ones((3, 200)), 0, 40), glyph(np.ones((2, 150)), 0, 60)]
    assert writing_height(digits + rules) == 20.0


def test_something_small_alone_on_its_row_is_no_digit() -> None:
    """A plus sign below a number is none of its digits, whatever it looks like; a digit as large as the others is one."""
    number = [glyph(rings((30,), (60, 60)), 70 * k, 0) for k in range(2)]
    small, large = (
        glyph(rings((30,), (60, 60))[::2, ::2], 30, 90, row=1),
        glyph(rings((30,), (60, 60)), 30, 90, row=1),
    )
    assert [m.box for m in without_marks([*number, small])[1]] == [small.box]
    assert without_marks([*number, large])[1] == []


def test_a_row_of_words_above_a_clear_row_of_digits_is_left_out() -> None:
    """Beside a row that is surely digits, one that holds other things and is hardly half sure is none; alone it is read."""
    page = np.zeros((240, 400), bool)
    for k in range(5):
        page[20:80, 30 + 70 * k : 60 + 70 * k] = True
    for k in range(4):
        page[150:210, 30 + 70 * k : 36 + 70 * k] = True

    def judge(inks):
        """Wide blocks: now a digit, now none; narrow ones are surely digits."""
        return np.array(
            [0.97 if i.shape[1] < 10 else (0.8 if i[0, 0] and i.shape[1] % 2 else 0.02) for i in inks]
        )

    both = segmented(page, judge)
    assert {g.top for g in both.digits} == {150}


@pytest.mark.parametrize("row", [40, 41, 42, 43])
def test_a_rule_goes_whichever_row_it_lies_on(row) -> None:
    """Squared paper, fine as a pixel: nothing of its lines is left, on even and on odd rows."""
    page = np.zeros((120, 300), bool)
    page[row::25] = True
    page[:, row::25] = True
    assert without_lines(page)[0].mean() < 0.005


def test_a_stroke_along_a_fainter_rule_stays() -> None:
    """A dark upright stroke that lies on a line of squared paper is left as it was; as faint as the line, it would go."""
    ink = np.zeros((120, 300), np.float32)
    ink[10::30] = 0.2
    ink[:, 10::30] = 0.2
    ink[30:90, 99:102] = 0.8
    rest = without_lines(ink > 0.1, ink > 0.1, ink)[0]
    assert rest[32:88, 100].all()
    assert rest[:, 160].sum() <= 5


def test_digits_that_overlap_may_both_have_the_ink_at_the_cut() -> None:
    """Of every cut piece there is a second reading that reaches a little over its seams; together with its neighbour's it has the ink twice."""
    ink = np.zeros((40, 60), bool)
    ink[:, 4:10] = ink[:, 24:36] = ink[:, 50:56] = True  # two frames that share a stroke
    ink[:5, 4:56] = ink[35:, 4:56] = True
    pieces = pieces_of(glyph(ink), 40.0, 0.0, 0.9)
    assert len(pieces) >= 2
    assert pieces[0].left_of_seam is None
    for before, after in pairwise(pieces):
        assert before.glyph.left < after.left_of_seam.left < after.left_of_seam.right <= before.glyph.right
        assert after.glyph.left <= after.right_of_seam.left < after.right_of_seam.right < after.glyph.right
    lattice = Lattice([glyph(ink)], 40.0, 0.0)
    assert lattice.sharing()
    widths: dict[tuple[int, int], list[int]] = {}
    for candidate, span in zip(lattice.candidates, lattice.spans, strict=True):
        widths.setdefault(span, []).append(candidate.width)
    assert len(widths.pop((0, len(lattice.pieces)))) == 1, "the whole was not cut"
    assert all(alone < with_strips for alone, with_strips in widths.values())
