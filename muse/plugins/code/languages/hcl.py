"""Terraform and other HCL: blocks by type and labels, attributes by name; blocks without a label may repeat."""

from muse.plugins.code.languages.table import Language, Nested

_ONE = r"locals|terraform|lifecycle|required_providers"

LANGUAGE = Language(
    name="hcl",
    lines=("nested",),
    nested=Nested(
        key=rf'(\w+(?: "[^"]*")+) ?\{{|({_ONE}) ?\{{|("[^"]+"|[\w.-]+) ?[=:](?!=)',
        opens=r"[{\[(](?:\s*(?:#|//).*)?$",
        note="//",
        text=r"<<[-~]?([A-Za-z_]\w*)$",
        once=r'/?(?!locals$|terraform$)(?:"[^"]+"|[\w.-]+)$|(?:resource|data|variable|output|module) ',
    ),
    comment_line=(b"#", b""),
)
