"""What the keys and the `:` words do: one coroutine for each verb.

Every verb takes the Desk and the rows as they were at the key press, asks unless it is
told not to, awaits an operation of aiocontainerd for each, and tells how each went.
"""
