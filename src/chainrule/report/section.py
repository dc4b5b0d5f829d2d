"""One section of the page."""

from dataclasses import dataclass

from chainrule.report.markup import Html, h


@dataclass(frozen=True)
class Section:
    """Part of the page. name: its place (#name).  label: what the contents call it.  title: what is found there.  body: the rest."""

    name: str
    label: str
    title: str
    body: Html

    @property
    def html(self) -> Html:
        """The whole of it."""
        heading = f"{self.name}-title"
        return h(
            "section",
            h("p", self.label, class_="kicker"), h("h2", self.title, id=heading), self.body,
            id=self.name, aria_labelledby=heading,
        )  # fmt: skip
