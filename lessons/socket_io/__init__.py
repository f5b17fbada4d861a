"""What the rooms and the chat share: python-socketio under tornado, and a client for their pages."""
