"""Components of Vue and Svelte: the script of one, by TypeScript's table; markup and style stay text."""

from muse.plugins.code.languages.typescript import LANGUAGE as TYPESCRIPT

LANGUAGE = TYPESCRIPT._replace(
    name="component", skipped=r"(?is)((?:\A|</script\s*>).*?(?:<script\b[^>]*>|\Z))", comment_line=(b"", b"")
)
