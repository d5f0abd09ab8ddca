"""Unity's scenes, prefabs and assets: objects by file id, properties by name; components and overrides are sets."""

from muse.plugins.code.languages.table import Language, Nested

LANGUAGE = Language(
    name="unity",
    lines=("nested",),
    nested=Nested(
        key=r"--- (!u!\d+ &-?\d+)|- target: (\{[^}]*\}) propertyPath: (.*?) value:|(- .*)"
        r"|([^:#%{}\"'-][^:{}]*):(?: |$)",
        opens=r"^---|:$",
        free=r"^m_(?:Modifications|Component|Removed\w+|Added\w+):$",
        items=r"- ",
        top=r"--- !u!",
        ids=True,
    ),
    indented=True,
)
