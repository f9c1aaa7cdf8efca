"""The only SQL: tables, records, files, background jobs, migrations."""
