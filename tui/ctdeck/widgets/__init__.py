"""Parts of screens: the table, the details, the lines round them."""
