"""CMake: functions, targets and options by name, files of sources in any order; every other line keeps its place."""

from muse.plugins.code.languages.table import Language, Nested

_MADE = r"(?i:function|macro|add_library|add_executable|add_custom_target|option|cmake_dependent_option)"
_ENDINGS = "asm c cc cpp cu cuh cxx f f90 h hh hpp hxx inl ipp m md mm proto py qml qrc rs s swift sv ui v".replace(
    " ", "|"
)

LANGUAGE = Language(
    name="cmake",
    lines=("nested",),
    nested=Nested(
        key=rf"({_MADE}) ?\( ?([\w.:${{}}-]+)|(?i:(add_test) ?\( ?NAME ([\w.${{}}-]+))"
        rf"|([\w./+${{}}-]+\.(?i:{_ENDINGS}))$",
        opens=r"^(?i:function|macro|if|elseif|else|foreach|while|block) ?\(|\([^()]*$",
        once=rf"/?{_MADE} |/?(?i:add_test) ",
        made=r"(?i:add_library|add_executable|add_custom_target) ",
        closes=r"(?i:end(?:function|macro|if|foreach|while|block)) ?\(",
    ),
    comment_line=(b"#", b""),
)
