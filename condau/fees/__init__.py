"""The commands of `condau fees`: one file reads what was asked, others do it, others show it."""
