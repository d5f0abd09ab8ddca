"""What a merge left to a person: settling it, reviewing it, seeing its versions side by side."""
