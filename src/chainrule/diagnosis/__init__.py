"""What is wrong with a run's learning, where it shows, and what usually helps.

diagnose(run)      every symptom there is a test for, the most important first; print it
suspects(replay)   the training examples by how much their labels look wrong
"""

from chainrule.diagnosis.diagnose import Diagnosis, diagnose
from chainrule.diagnosis.finding import NAMES, SEVERITIES, Finding
from chainrule.diagnosis.labels import Suspect, Suspects, suspects

__all__ = ["NAMES", "SEVERITIES", "Diagnosis", "Finding", "Suspect", "Suspects", "diagnose", "suspects"]
