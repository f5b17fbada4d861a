"""From bytes to labelled messages, protocol by protocol."""
