"""Figures of scaling as a table in Markdown and as a log-log picture, one panel an axis."""


def table(rows, libraries, head=True):
    """A row a point: processor seconds of five epochs and of one more, and the engine that Chainrule chose."""
    lines = []
    if head:
        lines += [
            f"| axis | value | {' | '.join(libraries)} | engine |",
            "|---|---" + "|---" * len(libraries) + "|---|",
        ]
    for row in rows:
        point = row["point"]
        cells = [cell(row.get(library, {})) for library in libraries]
        lines.append(
            f"| {point['axis']} | {point['value']} | {' | '.join(cells)} | {row['chainrule'].get('engine', '')} |"
        )
    return "\n".join(lines)


def cell(found):
    """Five epochs / one more, in seconds; megabytes."""
    if "over" in found:
        return f"over {found['over']:g}"
    if "first" not in found:
        return "-"
    return f"{found['first']['cpu']:.2f} / {found['more']['cpu']:.3f}, {found['memory']:.0f} MB"


def picture(rows, libraries, file):
    """Processor seconds of one more epoch along each axis."""
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    axes = list(
        dict.fromkeys(row["point"]["axis"] for row in rows if row["point"]["axis"] not in ("corner", "kind"))
    )
    if not axes:
        return
    figure, panels = plt.subplots(1, len(axes), figsize=(4 * len(axes), 3.6), squeeze=False)
    for axis, panel in zip(axes, panels[0], strict=True):
        for library in libraries:
            own = [row for row in rows if row["point"]["axis"] == axis and "more" in row.get(library, {})]
            values = [row["point"]["value"] for row in own]
            panel.plot(values, [row[library]["more"]["cpu"] for row in own], marker=".", label=library)
        panel.set(xscale="log", yscale="log", xlabel=axis, ylabel="processor seconds an epoch")
    panels[0][0].legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(file, dpi=120)
    plt.close(figure)
