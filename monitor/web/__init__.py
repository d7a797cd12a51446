"""The local page: the verdicts to look at, on this machine only, behind one gate."""
