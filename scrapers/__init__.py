"""What parcelwarden knows about websites: what to ask, what an answer means, where a form's fields are.

Nothing in here opens a connection, reads a clock or touches a disk beyond its own tables.
"""
