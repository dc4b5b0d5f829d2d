"""Models as estimators of scikit-learn. Needs the extra `sklearn` (scikit-learn>=1.6) beside the tests' own packages."""

import importlib.util

collect_ignore_glob = [] if importlib.util.find_spec("sklearn") else ["test_*.py"]
