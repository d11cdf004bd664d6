// Amounts in the reader's language: bytes, rates, durations.

/** `1.5 GiB`; whole bytes below 1 KiB. */
export function bytes(value: number, language: string): string {
  const power = value < 1024 ? 0 : Math.min(byteUnits.length - 1, Math.floor(Math.log2(value) / 10))
  const format = new Intl.NumberFormat(language, { maximumFractionDigits: power === 0 ? 0 : 1 })
  return `${format.format(value / 1024 ** power)} ${byteUnits[power]}`
}

/** Per second: `0.3`, `12`, `1,200`; one place below ten, because slow senders matter too. */
export function rate(value: number, language: string): string {
  return new Intl.NumberFormat(language, { maximumFractionDigits: value < 10 ? 1 : 0 }).format(value)
}

/** `3 days 4 hr`: the largest unit that fits and the one below it. */
export function duration(ms: number, language: string): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const parts = [
    ['day', Math.floor(seconds / 86_400)],
    ['hour', Math.floor(seconds / 3600) % 24],
    ['minute', Math.floor(seconds / 60) % 60],
    ['second', seconds % 60],
  ] as const
  const found = parts.findIndex(([, count]) => count > 0)
  const first = found === -1 ? parts.length - 1 : found
  return parts
    .slice(first, first + 2)
    .filter(([, count], index) => count > 0 || index === 0)
    .map(([unit, count]) =>
      new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'short' }).format(count),
    )
    .join(' ')
}

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const
