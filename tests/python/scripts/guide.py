"""Runs the Python examples of a page of the documents, whose path is the argument, and reports what they printed."""

import contextlib
import io
import re
import sys

from report import DOMAIN, tell

with open(sys.argv[1], encoding="utf-8") as page:
    blocks = re.findall(r"^```python\n(.*?)^```$", page.read(), re.MULTILINE | re.DOTALL)

printed = io.StringIO()
with contextlib.redirect_stdout(printed):
    for block in blocks:
        exec(compile(block.replace("slideruleearth.io", DOMAIN), sys.argv[1], "exec"), {})

tell(blocks=len(blocks), printed=printed.getvalue())
