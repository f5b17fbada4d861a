"""Our servers measured beside others, in one run on one machine; README.md holds the results."""
