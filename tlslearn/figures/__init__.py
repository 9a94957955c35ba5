"""Every picture of the course. Diagrams are small SVG images, charts come from matplotlib, each with a twin in text.

Sections: see the modules.
Leaves out: matplotlib, until a chart is drawn.
"""

from collections.abc import Callable, Mapping

from .charts import bars
from .course_map import course_map
from .handshake import boxes_in_handshake
from .openings import five_boxes, two_ends
from .picture import Picture
from .stack_trace import stack_trace

# The pictures that stand in the notebooks' text, as attachments, by the name of the attachment without its ending.
PICTURES: Mapping[str, Callable[[], Picture]] = {"two-ends": two_ends, "five-boxes": five_boxes}

__all__ = ["PICTURES", "Picture", "bars", "boxes_in_handshake", "course_map", "five_boxes", "stack_trace", "two_ends"]
