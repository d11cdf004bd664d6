// Words of the interface: `t('key', {values})` in the chosen language. Reading it in a component follows the choice.
import { signal } from '@preact/signals'
import type { Catalogue, MessageKey } from './catalogue.ts'
import { english } from './en.ts'

type Places<Text> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Places<Rest> : never
type PlacesOf<Key extends MessageKey> = (typeof english)[Key] extends { readonly other: infer Other }
  ? Places<Other> | 'n'
  : Places<(typeof english)[Key]>
type Values<Key extends MessageKey> = { readonly [name in PlacesOf<Key>]: string | number }

export const languages = { en: 'English', 'zh-CN': '简体中文' } as const
export type Language = keyof typeof languages

const storageKey = 'picket.language'
const current = signal<{ language: Language; catalogue: Catalogue }>({ language: 'en', catalogue: english })

/** The words for `key`; `values` fill its places, numbers in the language's own form. */
export function t<Key extends MessageKey>(
  key: Key,
  ...[values]: [PlacesOf<Key>] extends [never] ? [] : [values: Values<Key>]
): string {
  const { catalogue, language } = current.value
  const given = values as { readonly [name: string]: string | number } | undefined
  const message = catalogue[key]
  const text = typeof message === 'string' ? message : pluralForm(message, language, given?.['n'])
  return given ? text.replace(/\{(\w+)\}/g, (place, name: string) => print(given[name] ?? place, language)) : text
}

export function language(): Language {
  return current.value.language
}

/** Switches the language, remembers it, and loads its catalogue when it is not English. */
export async function setLanguage(next: Language): Promise<void> {
  localStorage.setItem(storageKey, next)
  await show(next)
}

/** The remembered language, else the browser's, else English. */
export async function startLanguage(): Promise<void> {
  const stored = localStorage.getItem(storageKey)
  const wanted = stored ?? (navigator.language.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en')
  await show(wanted === 'zh-CN' ? 'zh-CN' : 'en')
}

async function show(next: Language): Promise<void> {
  const catalogue = next === 'zh-CN' ? (await import('./zh-cn.ts')).chinese : english
  document.documentElement.lang = next
  current.value = { language: next, catalogue }
}

function pluralForm(message: { one: string; other: string }, language: Language, n: unknown): string {
  return new Intl.PluralRules(language).select(Number(n)) === 'one' ? message.one : message.other
}

function print(value: string | number, language: Language): string {
  return typeof value === 'number' ? new Intl.NumberFormat(language).format(value) : value
}
