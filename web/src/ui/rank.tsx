// Severity of a record, level of an alert, state of a sender: always a word and a shape, the colour only repeats them.
import type { ComponentChildren } from 'preact'
import { severityNames } from '../../../src/model/severity.ts'
import type { Level, SourceState } from '../api/answers.ts'
import { t } from '../i18n/i18n.ts'

type Shape = 'diamond' | 'triangle' | 'square' | 'circle' | 'ring' | 'dot'
type Tone = 'critical' | 'error' | 'warning' | 'notice' | 'info' | 'debug' | 'good'

const severityMarks: readonly { readonly shape: Shape; readonly tone: Tone }[] = [
  { shape: 'diamond', tone: 'critical' },
  { shape: 'diamond', tone: 'critical' },
  { shape: 'diamond', tone: 'critical' },
  { shape: 'square', tone: 'error' },
  { shape: 'triangle', tone: 'warning' },
  { shape: 'circle', tone: 'notice' },
  { shape: 'ring', tone: 'info' },
  { shape: 'dot', tone: 'debug' },
]

const levelMarks: { readonly [level in Level]: { readonly shape: Shape; readonly tone: Tone } } = {
  critical: { shape: 'diamond', tone: 'critical' },
  high: { shape: 'square', tone: 'error' },
  medium: { shape: 'triangle', tone: 'warning' },
  low: { shape: 'circle', tone: 'notice' },
  informational: { shape: 'ring', tone: 'info' },
}

const stateMarks: { readonly [state in SourceState]: { readonly shape: Shape; readonly tone: Tone } } = {
  silent: { shape: 'diamond', tone: 'critical' },
  late: { shape: 'triangle', tone: 'warning' },
  new: { shape: 'ring', tone: 'notice' },
  live: { shape: 'circle', tone: 'good' },
  retired: { shape: 'dot', tone: 'debug' },
}

const paths: { readonly [shape in Shape]: string } = {
  diamond: 'M5 0L10 5L5 10L0 5Z',
  triangle: 'M5 .5L10 9.5H0Z',
  square: 'M1 1H9V9H1Z',
  circle: 'M5 1a4 4 0 1 0 .01 0Z',
  ring: 'M5 1a4 4 0 1 0 .01 0ZM5 2.6a2.4 2.4 0 1 1-.01 0Z',
  dot: 'M5 3a2 2 0 1 0 .01 0Z',
}

/** `severity`: 0 emergency … 7 debug. The word is the query language's own, in every language. */
export function Severity({ severity }: { severity: number }) {
  const mark = severityMarks[severity] ?? { shape: 'dot', tone: 'debug' }
  return <Rank {...mark} word={severityNames[severity] ?? String(severity)} />
}

export function LevelMark({ level }: { level: Level }) {
  return <Rank {...levelMarks[level]} word={t(`level.${level}`)} />
}

/** `isPart`: only a part of what it sends is in this state. `name` stands before the word, and alone for live. */
export function SourceStateMark({ state, isPart, name }: { state: SourceState; isPart?: boolean; name?: string }) {
  const word = isPart ? t('hosts.partSilent') : t(`hosts.state.${state}`)
  if (name === undefined) return <Rank {...stateMarks[state]} word={word} />
  return (
    <span class="rank-of">
      <Rank
        {...stateMarks[state]}
        word={
          <>
            <span class="rank-name">{name}</span>
            <span class={state === 'live' ? 'visually-hidden' : ''}>{word}</span>
          </>
        }
      />
    </span>
  )
}

function Rank({ shape, tone, word }: { shape: Shape; tone: Tone; word: ComponentChildren }) {
  return (
    <span class={`rank tone-${tone}`}>
      <svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true">
        <path d={paths[shape]} fill="currentColor" fill-rule="evenodd" />
      </svg>
      {word}
    </span>
  )
}
