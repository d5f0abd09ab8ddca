"""Six CRDTs whose values never change: every mutator returns a new value."""
