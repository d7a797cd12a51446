"""AliExpress: the answers behind its buyer pages, its mails, and its forms as data."""
