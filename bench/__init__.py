"""How long does it take, beside what one would compare it with? `make bench`, or `python -m bench [NAME …]`.

Sections: none.
Leaves out: verdicts. Only `reruns` can fail; all else prints what was measured, in one run, on this machine.
"""
