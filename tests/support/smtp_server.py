"""A real mail server (aiosmtpd) for tests: prints its port, keeps each message in a directory, ends with its stdin.

For every message it writes <n>.envelope (sender, then one line for each recipient) and then <n>.eml, before it answers.
"""

import argparse
import asyncio
import logging
import os
import ssl
import sys
import threading

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Keeper:
    def __init__(self, options):
        self.options = options
        self.count = len([name for name in os.listdir(options.dir) if name.endswith(".eml")])

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if self.options.refuse_all:
            return "451 4.3.0 <%s>: come back later" % address
        if address == self.options.reject:
            return "550 5.1.1 <%s>: no such person here" % address
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        name = os.path.join(self.options.dir, "%04d" % self.count)
        self.write(name + ".envelope", "\n".join([envelope.mail_from, *envelope.rcpt_tos]).encode())
        self.write(name + ".eml", envelope.original_content)
        return "250 2.0.0 kept as %04d" % self.count

    @staticmethod
    def write(name, content):
        with open(name + ".part", "wb") as out:
            out.write(content)
        os.rename(name + ".part", name)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dir", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--reject", help="this recipient gets 550")
    parser.add_argument("--refuse-all", action="store_true", help="every recipient gets 451")
    parser.add_argument("--login", help="user:password that must be given")
    parser.add_argument("--security", choices=["none", "starttls", "tls"], default="none")
    parser.add_argument("--certificate")
    parser.add_argument("--key")
    options = parser.parse_args()

    # a client that hangs up on our certificate is what some tests are about
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)

    context = None
    if options.security != "none":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.certificate, options.key)

    def authenticate(server, session, envelope, mechanism, data):
        given = isinstance(data, LoginPassword) and b"%s:%s" % (data.login, data.password)
        return AuthResult(success=given == options.login.encode(), handled=False)

    keeper = Keeper(options)

    def conversation():
        return SMTP(
            keeper,
            hostname="mail.test",
            enable_SMTPUTF8=False,
            tls_context=context if options.security == "starttls" else None,
            require_starttls=options.security == "starttls",
            authenticator=authenticate if options.login else None,
            auth_required=options.login is not None,
            auth_require_tls=False,
        )

    async def serve():
        wrapped = context if options.security == "tls" else None
        server = await asyncio.get_running_loop().create_server(
            conversation, "127.0.0.1", options.port, ssl=wrapped
        )
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    def end_with_stdin():
        sys.stdin.buffer.read()
        os._exit(0)

    threading.Thread(target=end_with_stdin, daemon=True).start()
    asyncio.run(serve())


main()
