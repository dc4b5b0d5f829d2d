"""Other ways to see the writing in a picture, for where the first is read unsurely, and when one of them is better."""

from chainrule.images.segmentation import Segmented

FIRST_LOOK = (0.4, 0.0)  # ink is so dark, as a share of the darkest near it, and of the darkest of all
OTHER_LOOKS = ((0.6, 0.5), (0.25, 0.0))  # for paper with a pattern, and for strokes with gaps
BETTER = 0.2  # so much more of it another way to see the writing must read
MUCH_SURER = 0.5
ALL_SURE = 0.9
UNSURE = -0.15  # the score of a reading for which another way to see the writing is tried


def doubtful(found: Segmented) -> bool:
    """Whether a picture deserves another look: glyphs that are read unsurely, or more ink that is taken for none than is read."""
    left_out = sum(int(g.ink.sum()) for g in found.marks if g.kind == "other")
    return found.score < UNSURE or left_out > sum(int(g.ink.sum()) for g in found.digits)


def better(other: Segmented, found: Segmented) -> bool:
    """Whether another look at a picture reads clearly more of it, or leaves hardly a doubt where there was much.

    Beside several digits that are all sure it must not add doubtful ones: those are letters.
    """
    if len(found.digits) > 1 and found.least >= ALL_SURE > other.least:
        return False
    more = other.read - found.read
    doubt = other.score - found.score
    return doubt > 0.0 and (more > BETTER or (other.score > UNSURE and doubt > MUCH_SURER and more > -BETTER))
