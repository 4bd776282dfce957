"""The installed command in a real pseudo-terminal, with pyte as the screen."""
