"""What an agency does with a case, step by step: take it, act on it, ask for papers, stop it."""
