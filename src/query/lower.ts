// Lower-casing for many tests on one event: each field's text, and the list of all values, is lowered once per event.

export type LowerCache = {
  /** The slot of a field; texts of one field pass through the same slot. */
  slot(field: string): LowerSlot
  /** The values as lower-case texts; made once as long as the same array is given. */
  texts(values: readonly unknown[]): readonly string[]
}

type LowerSlot = (text: string) => string

/** One cache per thread and set of queries that see the same events one after the other. */
export function lowerCache(): LowerCache {
  const slots = new Map<string, LowerSlot>()
  let lastValues: readonly unknown[] | undefined
  let lastTexts: readonly string[] = []
  return {
    slot(field) {
      const known = slots.get(field)
      if (known !== undefined) return known
      const made = lowerSlot()
      slots.set(field, made)
      return made
    },
    texts(values) {
      if (values === lastValues) return lastTexts
      lastTexts = textsOf(values).map(text => text.toLowerCase())
      lastValues = values
      return lastTexts
    },
  }
}

/** Texts, numbers and booleans as text, arrays flattened; the rest (null, objects) is left out. */
export function textsOf(values: readonly unknown[]): string[] {
  const texts: string[] = []
  for (const value of values) {
    if (typeof value === 'string') texts.push(value)
    else if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
      texts.push(String(value))
    else if (Array.isArray(value)) texts.push(...textsOf(value))
  }
  return texts
}

function lowerSlot(): LowerSlot {
  let lastText = ''
  let lastLower = ''
  return text => {
    if (text === lastText) return lastLower
    lastText = text
    lastLower = text.toLowerCase()
    return lastLower
  }
}
