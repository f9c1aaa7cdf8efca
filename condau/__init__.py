"""The program: settings, assembly, server and command line."""
