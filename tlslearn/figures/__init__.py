"""Every picture of the course. Diagrams are small SVG images, charts come from matplotlib, each with a twin in text.

Sections: see the modules.
Leaves out: matplotlib, until a chart is drawn.
"""

from collections.abc import Callable, Mapping

from .annotated import annotated, byte_fields
from .byte_map import byte_map
from .calling import who_is_calling
from .chains import chain_paths, chain_questions
from .charts import bars
from .clinic import clinic
from .connecting import files_at_both_ends
from .course_map import course_map
from .curves import curve_points, curves_in_depth, security_levels
from .factoring import factoring_cost, pollards_rho, rsa_in_depth
from .handshake import boxes_in_handshake
from .key_transport import padding_oracle
from .ladder import flights, key_schedule
from .openings import five_boxes, five_questions, one_way_steps, two_ends
from .own_handshake import encrypted_hello, flips, own_handshake
from .picture import Picture
from .requesting import key_stays
from .residues import clocks, times_table
from .speaking import three_checks
from .stack_trace import stack_trace
from .vouching import becoming_an_authority, verdicts

# The pictures that stand in the notebooks' text, by the name that their cell gives.
PICTURES: Mapping[str, Callable[[], Picture]] = {
    "two-ends": two_ends,
    "five-questions": five_questions,
    "one-way-steps": one_way_steps,
    "key-stays": key_stays,
    "files-at-both-ends": files_at_both_ends,
    "clinic": clinic,
    "becoming-an-authority": becoming_an_authority,
    "chain-questions": chain_questions,
    "own-handshake": own_handshake,
    "encrypted-hello": encrypted_hello,
    "who-is-calling": who_is_calling,
    "three-checks": three_checks,
    "rsa-in-depth": rsa_in_depth,
    "curves-in-depth": curves_in_depth,
}

__all__ = [
    "PICTURES",
    "Picture",
    "annotated",
    "bars",
    "becoming_an_authority",
    "boxes_in_handshake",
    "byte_fields",
    "byte_map",
    "chain_paths",
    "chain_questions",
    "clinic",
    "clocks",
    "course_map",
    "curve_points",
    "curves_in_depth",
    "encrypted_hello",
    "factoring_cost",
    "files_at_both_ends",
    "five_boxes",
    "five_questions",
    "flights",
    "flips",
    "key_schedule",
    "key_stays",
    "one_way_steps",
    "own_handshake",
    "padding_oracle",
    "pollards_rho",
    "rsa_in_depth",
    "security_levels",
    "stack_trace",
    "three_checks",
    "times_table",
    "two_ends",
    "verdicts",
    "who_is_calling",
]
