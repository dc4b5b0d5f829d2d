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
