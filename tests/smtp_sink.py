# SPDX-License-Identifier: Apache-2.0
"""A real SMTP server for tests of e-mail: the fixture `mail` is a box with a server that sends to it."""

import asyncio
import email
import email.policy
import threading

import aiosmtpd.smtp
import pytest


class Mailbox:
    """A real SMTP server that keeps mails. `answers` are given first."""

    def __init__(self):
        self.mails, self.answers = [], []
        self.loop = asyncio.new_event_loop()
        made = self.loop.create_server(lambda: aiosmtpd.smtp.SMTP(self, enable_SMTPUTF8=True), "127.0.0.1", 0)
        self.port = self.loop.run_until_complete(made).sockets[0].getsockname()[1]
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    async def handle_DATA(self, _server, _session, envelope):
        if self.answers:
            return self.answers.pop(0)
        self.mails.append((envelope.rcpt_tos, email.message_from_bytes(envelope.content, policy=email.policy.default)))
        return "250 OK"


@pytest.fixture
def mail(start_server):
    box = Mailbox()
    box.server = start_server(arguments=["--smtp", f"smtp://127.0.0.1:{box.port}"])
    yield box
    box.loop.call_soon_threadsafe(box.loop.stop)
