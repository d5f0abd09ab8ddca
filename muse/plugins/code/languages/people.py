"""Lists of people: like change logs, and a line that ends with an address or a date is one of them, with no mark before
it."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="people",
    lines=("prose", "people"),
    comment_line=(b"<!--", b" -->"),
    indented=True,
    place=r"(\d{4}[-/.]\d\d[-/.]\d\d)\.?$",
)
