// Passwords: argon2id in PHC string form, what may be a password, and at most two computations at once.
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { RateLimited } from './errors.ts'

const computeArgon2 = promisify(argon2)

/** OWASP Password Storage Cheat Sheet: argon2id with m=19 MiB, t=2, p=1. */
const wanted = { memory: 19_456, passes: 2, parallelism: 1 }
const tagBytes = 32
const saltBytes = 16

/** Each computation takes 19 MiB and a libuv thread; the others are for the store's files. */
const parallelHashes = 2
/** About three seconds of waiting; more would only answer people who have given up. */
const waitingHashes = 64

const minPasswordCharacters = 8
const maxPasswordBytes = 1024

const forbidden = new Set(
  `password passw0rd p@ssw0rd p@ssword password1 password12 password123 passwort passwort1 kennwort contrasena motdepasse
  12345678 123456789 1234567890 01234567 87654321 11111111 00000000 88888888 66666666 123123123 12341234 11223344 1q2w3e4r
  1q2w3e4r5t 1qaz2wsx qwertyui qwertyuiop qwerty12 qwerty123 asdfghjk asdfghjkl zxcvbnm1 abcd1234 abc12345 a1234567 aa123456
  iloveyou sunshine princess football baseball superman trustno1 letmein1 welcome1 welcome123 whatever dragon123 monkey123
  administrator admin123 admin1234 adminadmin rootroot root1234 changeme changeme1 changeit default1 secret123 supersecret
  picket12 picket123 picketpicket syslog123 logserver security test1234 testtest login123 woaini520 woaini1314 5201314520`
    .split(/\s+/)
    .filter(Boolean),
)

/** Why a text cannot be the password of `name`, in words, or undefined when it can. */
export function passwordProblem(password: string, name: string): string | undefined {
  if ([...password].length < minPasswordCharacters)
    return `the password needs at least ${minPasswordCharacters} characters`
  if (Buffer.byteLength(password) > maxPasswordBytes) return `the password may have at most ${maxPasswordBytes} bytes`
  const lower = password.toLowerCase()
  if (forbidden.has(lower)) return 'the password is among the first that attackers try; choose another'
  if (new Set(lower).size === 1) return 'the password is one character repeated; choose another'
  if (lower === name.toLowerCase()) return 'the password is the name; choose another'
  return undefined
}

export interface Passwords {
  /** PHC string of a password: `$argon2id$v=19$m=19456,t=2,p=1$salt$tag`. */
  hash(password: string): Promise<string>
  /** Compares in constant time. Without a stored hash (no such user) it takes as long and says no.
   *  `outdated`: the hash was made with other parameters, so make a new one. Errors: RATE_LIMITED when too many wait. */
  verify(password: string, stored: string | undefined): Promise<{ readonly ok: boolean; readonly outdated: boolean }>
}

/** Passwords with a bound on computations at once and in the queue. */
export function openPasswords(options: { readonly waiting?: number } = {}): Passwords {
  const take = turnstile(parallelHashes, options.waiting ?? waitingHashes)
  return {
    hash: password => take(() => hashPassword(password)),
    verify: (password, stored) => take(() => verifyPassword(password, stored)),
  }
}

/** PHC string of a password, without a bound on how many run at once. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(saltBytes)
  const tag = await computeArgon2('argon2id', { message: password, nonce: salt, tagLength: tagBytes, ...wanted })
  return `$argon2id$v=19$m=${wanted.memory},t=${wanted.passes},p=${wanted.parallelism}$${base64(salt)}$${base64(tag)}`
}

/** See Passwords.verify. */
export async function verifyPassword(
  password: string,
  stored: string | undefined,
): Promise<{ readonly ok: boolean; readonly outdated: boolean }> {
  const known = stored === undefined ? undefined : parsePhc(stored)
  const { salt, tag, ...cost } = known ?? { salt: Buffer.alloc(saltBytes), tag: Buffer.alloc(tagBytes), ...wanted }
  const computed = await computeArgon2('argon2id', { message: password, nonce: salt, tagLength: tag.length, ...cost })
  const ok = timingSafeEqual(computed, tag) && known !== undefined
  const outdated =
    cost.memory !== wanted.memory || cost.passes !== wanted.passes || cost.parallelism !== wanted.parallelism
  return { ok, outdated: ok && outdated }
}

function parsePhc(text: string) {
  const match = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d)\$([\w+/-]{11,86})\$([\w+/-]{22,86})$/.exec(text)
  if (!match) return undefined
  const [, memory, passes, parallelism, salt, tag] = match
  return {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    salt: Buffer.from(salt ?? '', 'base64'),
    tag: Buffer.from(tag ?? '', 'base64'),
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('=', '')
}

/** At most `running` tasks at once and `waiting` behind them; the next is refused. */
function turnstile(running: number, waiting: number) {
  let active = 0
  const queue: (() => void)[] = []
  return async <T>(task: () => Promise<T>): Promise<T> => {
    if (active >= running) {
      if (queue.length >= waiting) throw new RateLimited('too many people log in at this moment; try again shortly', 5)
      await new Promise<void>(resolve => queue.push(resolve))
    } else {
      active++
    }
    try {
      return await task()
    } finally {
      // The place is handed over, so that nobody slips in between.
      const next = queue.shift()
      if (next) next()
      else active--
    }
  }
}
