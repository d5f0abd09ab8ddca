"""A pull request merged where its forge cannot: forges run no merge drivers, so Muse comes to them.

`pull` reads what is asked for, `merging` merges and pushes, `report` writes what came of it, `forges` posts that.
"""
