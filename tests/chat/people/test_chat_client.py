"""The page's own client of the chat, by itself."""

import os
import subprocess
from pathlib import Path

from lessons.chat.service import PAGE


def test_late_answers():
    command = ["node", "--test", str(Path(__file__).with_name("chat_client_test.mjs"))]
    environment = {**os.environ, "CHAT_CLIENT": str(PAGE / "chat_client.js")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout
