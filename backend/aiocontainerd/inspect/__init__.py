"""What the daemon holds of one object, asked for when somebody looks: only reading calls.

`documents` are JSON as it is, of any size; `containers`, `images` and `tasks` what a page tells.
"""
