"""The domains. Siblings never import each other; `registry` finds them."""
