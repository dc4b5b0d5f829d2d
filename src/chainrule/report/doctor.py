"""What the doctor finds."""

from chainrule.diagnosis import Finding
from chainrule.report.markup import Html, Piece, h, join
from chainrule.report.material import Material
from chainrule.report.section import Section
from chainrule.report.sprites import Sprite
from chainrule.report.wording import count

CANDIDATES = 20


def section(of: Material) -> Section:
    """The section."""
    found = of.diagnosis
    alarms = [finding for finding in found if finding.severity != "note"]
    if not found.looked_at:
        title = "There is nothing for the doctor to look at yet"
    elif not alarms:
        title = "The doctor finds nothing alarming"
    else:
        title = f"The doctor finds: {', '.join(dict.fromkeys(finding.name for finding in alarms))}"
    body: list[Piece] = (
        [h("ul", [card(of, finding) for finding in found], class_="findings")] if len(found) else []
    )
    looked = f"Looked at: {', '.join(found.looked_at)}." if found.looked_at else None
    body += [candidates(of), h("p", looked) if looked else None]
    body += [h("p", of.private(reason), class_="aside") for reason in found.left_out]
    return Section("doctor", "The doctor", title, join(*body))


def card(of: Material, finding: Finding) -> Html:
    """One finding: how bad, what and where; its numbers; what usually helps."""
    return h(
        "li",
        h("p", h("span", finding.severity, class_="severity"), " ", h("b", finding.title)),
        h("p", typed(of.private(finding.says))), h("p", "→ ", typed(finding.advice), class_="advice"), class_=finding.severity,
    )  # fmt: skip


def typed(text: str) -> list[Piece]:
    """A text in which what stands between backticks is to be typed.

    >>> join(*typed("Try `a < b`."))
    'Try <code>a &lt; b</code>.'
    """
    return [h("code", piece) if k % 2 else piece for k, piece in enumerate(text.split("`"))]


def candidates(of: Material) -> Html | None:
    """The first labels that look wrong, if many do."""
    ranked = of.diagnosis.suspects
    if (
        ranked is None
        or of.missing
        or not of.pictures
        or not any(f.name == "suspicious labels" for f in of.diagnosis)
    ):
        return None
    top = [suspect for suspect in ranked.top(CANDIDATES) if suspect.index < len(of.data.x_train)]
    sprite = Sprite("suspects", of.data.x_train[[suspect.index for suspect in top]])
    shown = []
    for n, suspect in enumerate(top):
        words = f"example {suspect.index:,}: labelled {ranked.name(suspect.given)}, looks like {ranked.name(suspect.other)}"
        text = f"{ranked.name(suspect.other)}, not {ranked.name(suspect.given)}?"
        shown.append(h("li", sprite.picture(n, words), h("span", text), title=words))
    words = f"{count(len(top), 'candidate')} to look at, never verdicts: what the network would rather call it, and the label that it has."
    return h("figure", sprite.style, h("ul", shown, class_="pictures"), h("figcaption", words), class_="wide")
