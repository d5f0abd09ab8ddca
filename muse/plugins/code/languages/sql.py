"""SQL as schema dumps have it: statements by what they make; columns keep their order, migrations are a set."""

from muse.plugins.code.languages.table import Language, Nested

_NAME = r"(?:[\w.$]|[`\"\[][^`\"\]]*[`\"\]])+"
_MADE = (
    r"(?:OR REPLACE |UNIQUE |TEMP(?:ORARY)? |MATERIALIZED |UNLOGGED )*"
    r"(?:TABLE|VIEW|(?:UNIQUE )?INDEX|SEQUENCE|FUNCTION|PROCEDURE|TRIGGER|TYPE|DOMAIN|EXTENSION|SCHEMA)"
)

LANGUAGE = Language(
    name="sql",
    lines=("nested",),
    nested=Nested(
        key=rf"(?i:(CREATE {_MADE}) (?:CONCURRENTLY |IF NOT EXISTS )*({_NAME})|(ALTER TABLE) (?:ONLY )?({_NAME})"
        rf" (ADD CONSTRAINT {_NAME})|(ALTER TABLE) (?:ONLY )?({_NAME}) (ALTER COLUMN {_NAME})"
        rf"|((?:CONSTRAINT|(?:UNIQUE |FULLTEXT |SPATIAL )?(?:KEY|INDEX)) {_NAME}|(?:PRIMARY|FOREIGN) KEY[^)]*)"
        rf"|(INSERT INTO \S*schema_migrations\S*))"
        rf"|(-- (?:-- )?(?:Name: [^;]*; Type: [^;]*|Table structure for .*|Temporary view structure for .*))"
        rf"|(\('\d+'\))|(?!(?i:CREATE|ALTER|DROP|INSERT|SET|COMMENT)\b)({_NAME})\s+\w",
        opens=r"(?i)^CREATE TABLE .*\($|^INSERT INTO \S*schema_migrations.* VALUES$",
        commas=r"\($|(?i:VALUES$)",
        free=r"schema_migrations",
        items=r"\('\d+'\)[,;]$",
        once=r"(?i)/|(?:CREATE|ALTER) ",
        made=r"(?i)CREATE (?:OR REPLACE |TEMP(?:ORARY)? |MATERIALIZED |UNLOGGED )*(?:TABLE|VIEW) ",
    ),
    comment_line=(b"--", b""),
)
