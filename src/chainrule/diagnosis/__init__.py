"""What is wrong with a run's learning, where it shows, and what usually helps.

diagnose(run)      every symptom there is a test for, the most important first; print it
Doctor()           a callback: says while `fit` runs what goes wrong, and at its end how it looks
suspects(replay)   the training examples by how much their labels look wrong
"""

from chainrule.diagnosis.diagnose import Diagnosis, diagnose
from chainrule.diagnosis.doctor import Doctor
from chainrule.diagnosis.finding import NAMES, SEVERITIES, Finding
from chainrule.diagnosis.labels import Suspect, Suspects, suspects

__all__ = [
    "NAMES",
    "SEVERITIES",
    "Diagnosis",
    "Doctor",
    "Finding",
    "Suspect",
    "Suspects",
    "diagnose",
    "suspects",
]
