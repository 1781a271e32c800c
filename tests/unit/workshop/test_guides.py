"""Reading commands and promised output out of Markdown."""

import pytest

from workshop.errors import UsageError
from workshop.guides import missing_output, read_blocks

GUIDE = """\
Some prose, with `$ inline` code.

```bash timeout_s=90
$ echo one
one
$ echo two \\
    three
two three
```

```text
$ not a command
```

```bash expect_error
$ false
```

```bash run=false
$ rm -rf everything
```
"""


def test_blocks_are_read_with_commands_output_and_keys():
    first, second, third = read_blocks(GUIDE)
    assert first.commands == ("echo one", "echo two \\\n    three")
    assert first.output == ("one", "two three")
    assert (first.line, first.timeout_s) == (3, 90)
    assert second.expects_error
    assert first.is_run
    assert not third.is_run


def test_unknown_key_is_refused_with_its_line():
    with pytest.raises(UsageError, match="Line 1 of the guide has the unknown key `timeout`"):
        read_blocks("```bash timeout=3\n$ true\n```\n")


@pytest.mark.parametrize(
    ("promised", "printed", "missing"),
    [
        ("one", "one\n", None),
        ("commit …", "x\ncommit 4f0c\n", None),
        ("one\ntwo", "two\none\n", "two"),
        ("one", "none\n", "one"),
    ],
)
def test_promised_output_is_looked_for_in_order(promised, printed, missing):
    (block,) = read_blocks(f"```bash\n$ true\n{promised}\n```\n")
    assert missing_output(block, printed) == missing
