"""How a finished document reaches people: by post, to another unit, and word of it to citizens' applications."""
