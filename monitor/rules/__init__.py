"""Decisions. Everything here is a pure function of its arguments; `now` is one of them."""
