"""The texts a buyer may need: which sentences say what, and the languages that word them.

A text is a row of sentences by id, most important first, with facts from the store or the user's own words. The
language files word the same ids, so that a translation can say neither more nor less than the English text.
"""
