// Well, watch this, or wrong: a word and a shape, the colour only repeats them.
import { CircleCheck, OctagonAlert, TriangleAlert } from 'lucide-preact'

type State = 'good' | 'warning' | 'bad'

const icons = { good: CircleCheck, warning: TriangleAlert, bad: OctagonAlert }
const tones = { good: 'good', warning: 'warning', bad: 'critical' }

export function Verdict({ state, word }: { state: State; word: string }) {
  const Icon = icons[state]
  return (
    <span class={`verdict tone-${tones[state]}`}>
      <Icon size={14} aria-hidden="true" />
      {word}
    </span>
  )
}
