// What a check finds wrong: the kind, where, and in words.

export const findingKinds = [
  'altered', // records, or what is kept of their reception, are not what was sealed
  'missing', // sealed records are not there
  'inserted', // records that no batch accounts for
  'chain', // links do not follow each other
  'removed', // a whole day is not there, and no retention record says why
  'truncated', // the end of the chain is not there
  'unreadable', // a file or a part of it cannot be read
  'manifest', // a signed day manifest is not there, not genuine, or says something else
  'seal', // a seal is not there, or not of the key
  'index', // what searches read instead of the records is not what the records give (deep)
  'anchor', // a checkpoint kept elsewhere says something else
] as const
export type FindingKind = (typeof findingKinds)[number]

export type Finding = {
  readonly kind: FindingKind
  readonly day?: string
  /** The first record that is concerned, and the last: nothing finer than a batch is sealed. */
  readonly seq?: number
  readonly lastSeq?: number
  /** The link's number. */
  readonly batch?: number
  readonly text: string
}

/** `record 5: …`, `records 5 to 9: …`. */
export function rangeText({ seq = 0, lastSeq = 0 }: Pick<Finding, 'seq' | 'lastSeq'>, what: string): string {
  return seq === lastSeq ? `record ${seq}: ${what}` : `records ${seq} to ${lastSeq}: ${what}`
}

const ioCodes = /^(?:SQLITE_(?:IOERR|CANTOPEN|PERM|AUTH|BUSY)|EACCES|EIO|EPERM)/

/** True when something could not be read, which says nothing about what it holds. */
export function isIoError(error: unknown): boolean {
  return ioCodes.test(String((error as { code?: unknown }).code))
}
