// The necessary literals of a rule: every record that matches has one of them in its frame's bytes (ASCII case folded),
// provided that no text of the record was decoded (escapes, hex, charset). That makes one scan of a frame enough to
// rule nearly all rules out. Witness choice is everything (detection.md §3.2): long and rare beats short and common.
import type { GlobPart, Query, Test } from '../query/ast.ts'
import { type LogSource, nameServers } from './log-source.ts'
import { regexLiterals } from './regex-witness.ts'
import { sigmaFields } from './sigma-view.ts'

/** A byte per character (latin1), lower case. */
export type Literal = string

/** Fields whose value stands verbatim in the frame. Everything else may be Picket's own word. */
const verbatim = new Set([
  'message',
  'host',
  'app',
  'procid',
  'msgid',
  'user.name',
  'user.target.name',
  'user.effective.name',
  'source.ip',
  'destination.ip',
  'process.command_line',
  'process.executable',
  'process.name',
  'process.working_directory',
  'session.id',
  'file.path',
  'url.path',
  'url.full',
  'group.name',
  'process.tty',
  'ssh.fingerprint',
  'pam.service',
  'service.name',
  'user_agent.original',
  'type',
])

const requestTargets = new Set(['cs-uri-query', 'cs-uri', 'c-uri', 'c-uri-query'])

const maxLiterals = 512
/** More letters would rule out little more, and cost table. */
const maxLiteralBytes = 12
const minLiteralBytes = 3
/** Words that stand in so many lines that they rule nothing out. */
const common = new Set([
  'http',
  'https',
  'root',
  'user',
  'from',
  'for',
  'the',
  'usr',
  'bin',
  'bash',
  'log',
  'com',
  'history',
  'cmd=',
  'sudo',
  'sshd',
])

/**
 * The literal sets of a rule: a matching record's frame has a literal of each. At most two: what the rule looks for and
 * what its log source always says. None: nothing is certain, so the rule must see every record.
 */
export function witnessesOf(query: Query, logSource: LogSource): readonly (readonly Literal[])[] {
  return [of(query), logSourceWitness(logSource)].filter(set => set !== undefined)
}

function of(query: Query): readonly Literal[] | undefined {
  switch (query.kind) {
    case 'all':
    case 'not':
      return undefined
    case 'and':
      return query.of.map(of).reduce(better, undefined)
    case 'or': {
      const all = new Set<Literal>()
      for (const part of query.of) {
        const literals = of(part)
        if (literals === undefined) return undefined
        for (const literal of literals) all.add(literal)
      }
      return all.size > maxLiterals ? undefined : [...all]
    }
    case 'test':
      return ofTest(query.field, query.test)
    default:
      query satisfies never
      return undefined
  }
}

function ofTest(field: string, test: Test): readonly Literal[] | undefined {
  if (test.op === 'anywhere') return ofGlob(test.glob)
  const name = sigmaFields[field] ?? field
  if (requestTargets.has(field)) return test.op === 'glob' ? ofTarget(test.glob) : undefined
  if (field === 'Image') return test.op === 'glob' ? ofImage(test.glob) : undefined
  if (!verbatim.has(name) && !name.startsWith('sd.')) return undefined
  switch (test.op) {
    case 'glob':
    case 'word':
      return ofGlob(test.glob)
    case 'phrase':
      return ofPhrase(test.text)
    case 'regex':
      return ofRegex(test.source)
    default:
      return undefined
  }
}

function ofGlob(glob: readonly GlobPart[]): readonly Literal[] | undefined {
  return longest(glob.flatMap(part => (typeof part === 'string' ? pieces(part) : [])))
}

/** An Image may be `/usr/bin/` + the command's first word: then only what follows the last slash is sure to stand there. */
function ofImage(glob: readonly GlobPart[]): readonly Literal[] | undefined {
  const parts = glob.filter(part => typeof part === 'string').map(part => part.toLowerCase())
  if (!parts.every(mayBeDerived)) return ofGlob(glob)
  const last = glob.at(-1)
  const name = typeof last === 'string' ? last.toLowerCase().slice(last.lastIndexOf('/') + 1) : ''
  if (typeof last === 'string' && last.includes('/') && /^[!-"$-~]{2,4}$/.test(name)) {
    return [...beforeWord].map(character => character + name)
  }
  const names = parts.filter(part => part.includes('/') || !'/usr/bin/'.includes(part))
  return longest(names.flatMap(part => pieces(part.slice(part.lastIndexOf('/') + 1))))
}

/** True when `/usr/bin/` + a word without slashes can contain the text. */
function mayBeDerived(text: string): boolean {
  return !text.includes('/') || '/usr/bin/'.endsWith(text.slice(0, text.lastIndexOf('/') + 1))
}

/** What can stand in front of a program's name: its path, or the end of whatever leads to a command line. */
const beforeWord = '/= \t\n"\'|]:,;([{>'

/** Blanks of a phrase stand for any white space, so a literal goes over a blank only with every kind of it. */
function ofPhrase(text: string): readonly Literal[] | undefined {
  const words = text.split(/\s+/u).filter(word => word !== '')
  const single = longest(words.flatMap(pieces))
  if (single !== undefined && (single[0]?.length ?? 0) >= 4) return single
  const [first, second] = words
  if (first === undefined || second === undefined || pieces(first).length !== 1 || pieces(second).length !== 1)
    return single
  if (pieces(first)[0]?.length !== first.length || pieces(second)[0]?.length !== second.length) return single
  const head = first.toLowerCase()
  return [
    `${head} ${second.toLowerCase()}`,
    ...[...whiteSpaceStarts].map(blank => `${head} ${blank}`),
    ...[...whiteSpaceStarts].filter(blank => blank !== ' ').map(blank => head + blank),
  ]
}

/** First bytes of every white-space character of Unicode, in UTF-8 and in single-byte charsets. */
const whiteSpaceStarts = ' \t\n\v\f\r\x85\xa0\xc2\xe1\xe2\xe3\xef'

function ofRegex(source: string): readonly Literal[] | undefined {
  return regexLiterals(source, pieces)
    .map(set => set.map(literal => literal.slice(0, maxLiteralBytes)))
    .filter(set => set.every(literal => literal.length >= minLiteralBytes))
    .reduce<readonly Literal[] | undefined>(better, undefined)
}

/** A request target is also looked at with its %-escapes decoded: then a character of the text came from such an escape. */
function ofTarget(glob: readonly GlobPart[]): readonly Literal[] | undefined {
  const [run] =
    longest(glob.flatMap(part => (typeof part === 'string' ? part.toLowerCase().split(/[^a-z0-9_.~-]+/) : []))) ?? []
  if (run === undefined) return undefined
  const escapes = [...new Set(run + run.toUpperCase())].map(c => `%${c.charCodeAt(0).toString(16)}`)
  return [run, ...escapes]
}

/** Printable ASCII runs, lower case. `#` cuts: control characters are written `#033` in records, not in frames. */
function pieces(text: string): readonly Literal[] {
  return text
    .toLowerCase()
    .split(/[^ !-"$-~]+/)
    .filter(piece => piece.trim() !== '')
}

function longest(all: readonly Literal[]): readonly Literal[] | undefined {
  let best: Literal | undefined
  for (const literal of all) {
    if (literal.length >= minLiteralBytes && (best === undefined || worth(literal) > worth(best))) best = literal
  }
  return best === undefined ? undefined : [best.slice(0, maxLiteralBytes)]
}

const worth = (literal: Literal) => (common.has(literal.trimStart()) ? 1 : Math.min(literal.length, 12))

/** Of two necessary sets the one that fewer lines contain. */
function better(a: readonly Literal[] | undefined, b: readonly Literal[] | undefined): readonly Literal[] | undefined {
  if (a === undefined || b === undefined) return a ?? b
  const worthOf = (set: readonly Literal[]) => Math.min(...set.map(worth)) - set.length / 32
  return worthOf(b) > worthOf(a) ? b : a
}

/** Literals that every record of a log source has; must agree with log-source.ts. */
function logSourceWitness({ service, category }: LogSource): readonly Literal[] | undefined {
  const known = service === undefined ? undefined : serviceLiterals[service]
  return known ?? (category === undefined ? undefined : categoryLiterals[category])
}

/** History, sudo and snoopy name themselves; the form `alice [812]: ls [0]` has its exit code. */
const commandLiterals = ['history', 'sudo', 'snoopy', 'execve', 'user_cmd', ...Array.from('0123456789', d => ` [${d}`)]
const categoryLiterals: { readonly [category: string]: readonly Literal[] } = {
  process_creation: commandLiterals,
  proxy: ['squid'],
  dns: nameServers,
  antivirus: ['clam'],
}
const serviceLiterals: { readonly [service: string]: readonly Literal[] } = {
  sshd: ['sshd'],
  sudo: ['sudo'],
  cron: ['cron'],
  auditd: ['audit', 'audisp'],
  clamav: ['clam'],
  kernel: ['kernel'],
  nginx: ['nginx'],
}
