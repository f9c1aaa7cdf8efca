"""`condau issue`: documents by the thousand from one file."""
