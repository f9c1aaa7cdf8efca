"""The program of the child process in which strangers' files are decoded; `verification.read_upload` starts it.

Its modules import the decoders where they are used, so that importing them needs none.
"""
