"""`python -m chainrule` is the command line."""

import sys

from chainrule.cli import main
from chainrule.internal.child_processes import end_with_parent

end_with_parent()
sys.exit(main())
