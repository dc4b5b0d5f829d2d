"""What the timed processes run. Peers run these files with an interpreter that need not know Chainrule."""
