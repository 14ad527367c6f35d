"""A mail server that delivers nowhere: each message becomes a file. Runs in the virtual environment (aiosmtpd).

usage: python catcher.py PORT FOLDER [SECONDS]     SECONDS: how long it takes to accept a message
"""

import asyncio
import re
import sys
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from aiosmtpd.smtp import SMTP


class Folder:
    """Keeps each message under a number, its first recipient and its subject."""

    def __init__(self, path, delay=0.0):
        self.path, self.delay = path, delay
        self.count = len(list(path.glob("*.eml")))

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        subject = message_from_bytes(envelope.content, policy=default)["subject"] or "no subject"
        words = re.sub(r"[^\w@.-]+", "_", f"{envelope.rcpt_tos[0]}_{subject}")[:90].strip("_")
        (self.path / f"{self.count:04}_{words}.eml").write_bytes(envelope.content)
        await asyncio.sleep(self.delay)
        return "250 Kept"


async def serve(port, path, delay):
    path.mkdir(parents=True, exist_ok=True)
    loop = asyncio.get_running_loop()
    handler = Folder(path, delay)
    server = await loop.create_server(
        lambda: SMTP(handler, enable_SMTPUTF8=True, data_size_limit=2**26), "127.0.0.1", port,
    )
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2]), float((sys.argv[3:] or [0])[0])))
