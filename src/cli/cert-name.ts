// Names and addresses that go into certificates, checked before anything is made of them.
import { isIP } from 'node:net'
import { InvalidArgumentError } from 'commander'

/** The longest common name of X.509 (RFC 5280, ub-common-name). */
const maxNameLength = 64

/** A host name in lower case: nothing in it means anything to a shell, a path or a configuration file. */
export function hostName(text: string): string {
  if (isIP(text) !== 0) throw new InvalidArgumentError('It is an address: give a name, and the address with --ip.')
  if (text.length > maxNameLength)
    throw new InvalidArgumentError(`A certificate takes names of at most ${maxNameLength} characters.`)
  const name = text.toLowerCase()
  if (!/^(?!-)[a-z0-9-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))*$/.test(name))
    throw new InvalidArgumentError('Give a host name like web01.example.com.')
  return name
}

/** For options that take several host names. */
export function addHostName(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, hostName(text)]
}

/** For options that take several addresses. */
export function addAddress(text: string, before: readonly string[] = []): readonly string[] {
  if (isIP(text) === 0 || text.includes('%')) throw new InvalidArgumentError('Give an address like 192.0.2.10.')
  return [...before, text]
}
