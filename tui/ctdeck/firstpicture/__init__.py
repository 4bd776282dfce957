"""The first picture: the main screen as it will be, drawn while Textual is still imported.

`drawing.py` makes it of the same columns, lines and layout as the screen (pure; a test compares
the two cell by cell), `inks.py` knows their colours, `stage.py` holds the terminal meanwhile.
"""
