"""What tasks use, as it is shown: kept for what was looked at, as texts, and as lines over time.

`screens/sampling.py` fills the book, and asks only for what is seen. Nothing here asks anything.
"""
