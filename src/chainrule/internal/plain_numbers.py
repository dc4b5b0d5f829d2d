"""Numbers as people read them."""


def plainly(number: float, digits: int = 3) -> str:
    """A number with so many digits that count, without an exponent as far as that can be read.

    >>> plainly(6_432_100.0), plainly(0.012345), plainly(2e-7), plainly(56_391_000, 4)
    ('6,430,000', '0.0123', '2e-07', '56,390,000')
    """
    rounded = float(f"{number:.{digits}g}")
    if 1e-4 <= abs(number) < 1e9:
        return f"{rounded:,.10g}" if abs(number) < 1000 else f"{rounded:,.0f}"
    return f"{number:.{digits}g}"


def share_of(share: float, count: int) -> str:
    """A share of so many examples, with as many digits as their count supports.

    >>> share_of(0.975, 40), share_of(0.975, 400), share_of(0.98406, 10_000)
    ('98 %', '97.5 %', '98.41 %')
    """
    digits = 0 if count < 200 else 1 if count < 5000 else 2
    if 0 < share < 1:  # a mistake among many is not rounded away
        while digits < 2 and round(share, digits + 2) in (0.0, 1.0):
            digits += 1
    return f"{100 * share:.{digits}f} %"
