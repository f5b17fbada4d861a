"""What all tests share."""

pytest_plugins = ["tests.chat.stores", "tests.socket_io.fixtures"]
