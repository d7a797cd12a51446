"""The outside world, one thing per module: network, browser, store, notices, files."""
