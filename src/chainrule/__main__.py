"""`python -m chainrule` is the command line."""

import sys

from chainrule.child_processes import end_with_parent
from chainrule.cli import main

end_with_parent()
sys.exit(main())
