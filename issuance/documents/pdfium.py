"""PDFium has state of its own: two threads in it at once end the process, or read each other's pages."""

import threading
from typing import Final

ONE_IN_PDFIUM: Final = threading.Lock()
"""Held by whoever opens, reads or draws a PDF in this process, until it is closed again."""
