"""Shops: what their answers and mails say about orders, and where their forms' fields are."""
