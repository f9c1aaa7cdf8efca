"""What a key attests: PDFs, QR payloads, status lists. Knows no citizen and no database."""
