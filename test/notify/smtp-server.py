# A real SMTP server for tests (aiosmtpd). Options: one JSON argument; events: JSON lines on stdout; stdin: new options.
import asyncio
import base64
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

options = json.loads(sys.argv[1])


def say(event):
    print(json.dumps(event), flush=True)


def reply(table, key):
    """The reply set for this key: a text always, a list one after the other and then none."""
    value = options.get(table, {}).get(key)
    if isinstance(value, list):
        return value.pop(0) if value else None
    return value


class Handler:
    async def handle_MAIL(self, server, session, envelope, address, mail_options):
        answer = reply('mailReplies', address)
        if answer:
            return answer
        envelope.mail_from = address
        return '250 OK'

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        say({'rcpt': address})
        answer = reply('rcptReplies', address)
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return '250 OK'

    async def handle_DATA(self, server, session, envelope):
        answer = reply('dataReplies', envelope.rcpt_tos[0])
        if answer == 'hang':
            await asyncio.sleep(3600)
        if answer is None or answer == 'drop':
            say({
                'mailFrom': envelope.mail_from,
                'rcptTo': envelope.rcpt_tos,
                'isTls': session.ssl is not None or options.get('tls') == 'implicit',
                'user': getattr(session.auth_data, 'login', b'').decode() if session.auth_data else None,
                'raw': base64.b64encode(envelope.original_content).decode(),
            })
        if answer == 'drop':
            server.transport.abort()
            return '250 never seen'
        return answer or '250 accepted'


def authenticate(server, session, envelope, mechanism, data):
    want = options['auth']
    ok = data.login.decode() == want['user'] and data.password.decode() == want['password']
    return AuthResult(success=ok, handled=False, auth_data=data)


def protocol():
    mode = options.get('tls', 'none')
    return SMTP(
        Handler(),
        hostname='mail.example.com',
        tls_context=context() if mode == 'starttls' else None,
        require_starttls=mode == 'starttls',
        auth_required='auth' in options,
        auth_require_tls=mode == 'starttls',
        authenticator=authenticate if 'auth' in options else None,
        command_call_limit=None,
    )


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(options['cert'], options['key'])
    return made


async def silent(reader, writer):
    await asyncio.sleep(3600)


async def main():
    loop = asyncio.get_running_loop()
    port = options.get('port', 0)
    if options.get('hang') == 'greeting':
        server = await asyncio.start_server(silent, '127.0.0.1', port)
    else:
        tls = context() if options.get('tls') == 'implicit' else None
        server = await loop.create_server(protocol, '127.0.0.1', port, ssl=tls)
    say({'listening': server.sockets[0].getsockname()[1]})
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        options.update(json.loads(line))
        say({'changed': True})


asyncio.run(main())
