"""Section 8: events, namespaces and rooms, on real Socket.IO."""
