"""Readers of raw support calls: one file a format, one registry, and what they share.

The way of a call: ``files`` decodes, a format's reader finds the records, ``speakers`` and ``transcripts`` find who
says what, ``roles`` finds out which of them is the customer, and ``calls`` makes it a ``Conversation``.
"""
