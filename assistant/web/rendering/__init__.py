"""Values to HTML. Pure functions; every text of others passes through `markup.text`."""
