// Reads a password: from a terminal without echo, else the first line of the stream.
import type { ReadStream } from 'node:tty'
import { PicketError } from '../base/errors.ts'
import { readLines } from './lines.ts'

type Input = NodeJS.ReadableStream & Partial<Pick<ReadStream, 'isTTY' | 'setRawMode'>> & AsyncIterable<Uint8Array>

/** Errors: BAD_REQUEST when the input ends before a line, or Ctrl-C was typed. */
export async function askSecret(question: string, input: Input, output: NodeJS.WritableStream): Promise<string> {
  if (input.isTTY !== true || input.setRawMode === undefined) return firstLine(input)
  output.write(question)
  input.setRawMode(true)
  try {
    return await readKeys(input)
  } finally {
    input.setRawMode(false)
    input.pause()
    output.write('\n')
  }
}

async function firstLine(input: AsyncIterable<Uint8Array>): Promise<string> {
  for await (const line of readLines(input)) return Buffer.from(line).toString('utf8').replace(/\r$/, '')
  throw new PicketError('BAD_REQUEST', 'standard input holds no password')
}

/** Keys up to Enter; Backspace deletes one character, Ctrl-U all, Ctrl-C and Ctrl-D give up. */
async function readKeys(input: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder()
  let secret: string[] = []
  for await (const chunk of input) {
    for (const key of decoder.decode(chunk, { stream: true })) {
      if (key === '\r' || key === '\n') return secret.join('')
      if (key === '\x03' || key === '\x04') throw new PicketError('BAD_REQUEST', 'no password was given')
      if (key === '\x7f' || key === '\b') secret = secret.slice(0, -1)
      else if (key === '\x15') secret = []
      else if (key >= ' ') secret.push(key)
    }
  }
  throw new PicketError('BAD_REQUEST', 'no password was given')
}
