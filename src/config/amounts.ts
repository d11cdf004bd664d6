// Amounts as people write them in picket.yaml: bytes and days.

const units: { readonly [unit: string]: number } = { '': 0, KiB: 1, MiB: 2, GiB: 3, TiB: 4 }

/** A whole number of bytes, or of a unit: `500GiB`. */
export const byteAmount = /^([1-9]\d{0,14})(|KiB|MiB|GiB|TiB)$/

/** `500GiB` → 536870912000. The text fits `byteAmount`. */
export function bytesOf(text: string): number {
  const [, count, unit = ''] = byteAmount.exec(text) ?? []
  return Number(count) * 1024 ** (units[unit] ?? 0)
}

/** A whole number of days: `90d`. */
export const dayAmount = /^([1-9]\d{0,4})d$/

/** `90d` → 90. The text fits `dayAmount`. */
export function daysOf(text: string): number {
  return Number(dayAmount.exec(text)?.[1])
}
