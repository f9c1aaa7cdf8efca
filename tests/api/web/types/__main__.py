import sys

from tests.api.web.types import compile_all

code, said = compile_all()
print(said, end="")
sys.exit(code)
