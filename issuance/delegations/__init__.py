"""Who decides for whom, and who may not decide at all."""
