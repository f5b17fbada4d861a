"""What all tests share."""

pytest_plugins = ["tests.socket_io.fixtures"]
