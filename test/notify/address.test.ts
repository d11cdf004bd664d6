// Which text is one plain mail address.
import { equal, throws } from 'node:assert/strict'
import { describe, test } from 'node:test'
import addressparser from 'nodemailer/lib/addressparser'
import { isPicketError } from '../../src/base/errors.ts'
import { domainOf, isMailAddress, mailAddress } from '../../src/notify/address.ts'

const good = [
  'sec@example.com',
  'a.b+tag@sub.example.co.uk',
  "o'neil@example.com",
  'root@localhost',
  'x@xn--bcher-kva.example',
  `${'l'.repeat(64)}@example.com`,
]
const bad = [
  '',
  'sec',
  '@example.com',
  'sec@',
  'a@b@c',
  'a..b@example.com',
  '.a@example.com',
  'a.@example.com',
  'a@-b.example',
  'a@b-.example',
  'a@example..com',
  'a@example.com.',
  'a@[192.0.2.1]',
  '"a b"@example.com',
  'Sec Team <sec@example.com>',
  '<sec@example.com>',
  ' sec@example.com',
  'sec@example.com\n',
  'sec@example.com, evil@x.invalid',
  'sec@example.com;evil@x.invalid',
  'group:a@x.invalid;',
  'a@x.invalid\r\nRCPT TO:<evil@x.invalid>',
  'alerts@x.invalid RCPT TO:<evil@x.invalid>',
  'a\u0000@x.invalid',
  'müller@example.com',
  'a@bücher.example',
  'a@example.com\u202e',
  `${'l'.repeat(65)}@example.com`,
  `a@${'b'.repeat(64)}.example`,
  `a@${'b.'.repeat(130)}example`,
]

describe('mail addresses', () => {
  test('plain ones are taken', () => {
    for (const text of good) equal(isMailAddress(text), true, text)
    equal(mailAddress('sec@example.com', 'mail.to[0]').address, 'sec@example.com')
    equal(domainOf('a.b@sub.example.com'), 'sub.example.com')
  })

  test('anything else is not, and the error names the option', () => {
    for (const text of bad) {
      equal(isMailAddress(text), false, JSON.stringify(text))
      throws(
        () => mailAddress(text, 'mail.to[0]'),
        (error: unknown) =>
          isPicketError(error, 'CONFIG_INVALID') && (error as Error).message.startsWith('mail.to[0]: '),
      )
    }
  })

  test("the mail library's own reader finds the same single address in each", () => {
    for (const text of good) {
      const [only, ...others] = addressparser(text)
      equal(only !== undefined && 'address' in only ? only.address : undefined, text)
      equal(others.length, 0)
    }
  })
})
