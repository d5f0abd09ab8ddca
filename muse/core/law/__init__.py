"""The law: what every result of a merge keeps, whoever made it and from whatever domain.

`entries.Entry` is what a domain says about a version: a tree of named things. `align.align` finds which thing of one
version is which of another, `check.broken` says what a result does to them that it must not, `lines` asks what needs no
outline, and `look.look` tells from the changed lines alone that nothing can be wrong.
"""
