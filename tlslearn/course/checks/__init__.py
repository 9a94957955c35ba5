"""The checkers and predictions of each notebook, one file a notebook; loaded when one of them is asked for."""
