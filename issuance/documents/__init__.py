"""Document types as folders of data, and what turns one of them into a page: catalogue, layout, QR drawing, lint."""
