"""What Git calls: merge driver, textconv, merge tool."""
