// The offers of a RELP `open`: what a sender says that it can do (rule P2, librelp doc/relp.md "Offers").
//
//   OFFERS = OFFER *( LF OFFER )      OFFER = NAME [ "=" VALUE *( "," VALUE ) ]      commands=syslog,eventlog

const maxNameLetters = 32
const maxValueLetters = 255
const maxValues = 64

/** True when the offers are well formed (librelp's own limits) and the sender can send `syslog`. What else it offers is
 *  its own business: unknown offers are ignored, and of versions there is one. */
export function isOpenOffer(data: Uint8Array): boolean {
  const offers = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    .toString('latin1')
    .split('\n')
    .filter(line => line !== '')
    .map(line => {
      const equals = line.indexOf('=')
      return equals < 0 ? { name: line, values: [] } : { name: line.slice(0, equals), values: valuesOf(line, equals) }
    })
  return (
    offers.every(({ name, values }) => isText(name, maxNameLetters) && areValues(values)) &&
    offers.some(({ name, values }) => name === 'commands' && values.includes('syslog'))
  )
}

function valuesOf(line: string, equals: number): readonly string[] {
  return line.slice(equals + 1).split(',')
}

function areValues(values: readonly string[]): boolean {
  return values.length <= maxValues && values.every(value => value === '' || isText(value, maxValueLetters))
}

/** Printable, and not too long. */
function isText(text: string, maxLetters: number): boolean {
  return text.length <= maxLetters && /^\P{Cc}+$/u.test(text)
}
