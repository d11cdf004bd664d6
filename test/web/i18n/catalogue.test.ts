// The catalogues say the same: each text of one has the places of the other.
import { deepEqual, ok } from 'node:assert/strict'
import { test } from 'node:test'
import type { Message } from '../../../web/src/i18n/catalogue.ts'
import { english } from '../../../web/src/i18n/en.ts'
import { chinese } from '../../../web/src/i18n/zh-cn.ts'

const texts = (message: Message) => (typeof message === 'string' ? [message] : [message.one, message.other])
const places = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort()

test('Chinese has the keys and places of English, and no empty text', () => {
  deepEqual(Object.keys(chinese).sort(), Object.keys(english).sort())
  for (const [key, message] of Object.entries(english) as [keyof typeof english, Message][]) {
    const want = places(texts(message).at(-1) ?? '')
    for (const text of [...texts(message), ...texts(chinese[key])]) {
      deepEqual(places(text), want, `${key}: ${text}`)
      ok(text.trim() !== '', key)
    }
  }
})
