"""What deserves a look before learning: copies, contradictions, scales, classes, labels; said once, in plain words.

check(data)       everything that is looked for, as a DataReport
look_over(data)   the quick part, which every loaded data set goes through; its words become the notes of the data
"""

from chainrule.datasets.data_checks.check import check, look_over, quick
from chainrule.datasets.data_checks.classes import imbalance, twins
from chainrule.datasets.data_checks.finding import SEVERITIES, DataFinding, DataReport

__all__ = ["SEVERITIES", "DataFinding", "DataReport", "check", "imbalance", "look_over", "quick", "twins"]
