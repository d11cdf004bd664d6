// The form of a catalogue: every key that English has, no more and no less.
import type { english } from './en.ts'

/** A text with `{name}` places, or one text per plural form; `n` then chooses. */
export type Message = string | { readonly one: string; readonly other: string }
export type MessageKey = keyof typeof english
export type Catalogue = { readonly [key in MessageKey]: Message }
