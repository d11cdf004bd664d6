// The time range: recent ranges with one click, or two absolute times.
import { CalendarClock } from 'lucide-preact'
import { useEffect, useRef } from 'preact/hooks'
import { t } from '../i18n/i18n.ts'
import { fullTime } from '../time/format.ts'
import { type RangeText, recentRanges, resolveTime, toLocalInput } from '../time/range.ts'

type TimePickerProps = {
  readonly range: RangeText
  readonly open: boolean
  readonly setOpen: (open: boolean) => void
  readonly choose: (range: RangeText) => void
}

export function TimePicker({ range, open, setOpen, choose }: TimePickerProps) {
  const element = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (!open) return
    element.current?.querySelector<HTMLElement>('[aria-current="true"], .time-panel button')?.focus()
    const pressOutside = (event: PointerEvent) => {
      if (event.target instanceof Node && !element.current?.contains(event.target)) setOpen(false)
    }
    document.addEventListener('pointerdown', pressOutside)
    return () => document.removeEventListener('pointerdown', pressOutside)
  }, [open])
  const closeAndReturn = () => {
    setOpen(false)
    element.current?.querySelector<HTMLElement>('.time-button')?.focus()
  }
  return (
    <div
      ref={element}
      class="time-picker"
      onKeyDown={event => {
        if (event.key !== 'Escape' || !open) return
        event.preventDefault()
        closeAndReturn()
      }}
    >
      <button
        type="button"
        class="button time-button"
        aria-expanded={open}
        aria-controls="time-panel"
        title={t('time.choose')}
        onClick={() => setOpen(!open)}
      >
        <CalendarClock size={16} aria-hidden="true" />
        {rangeLabel(range)}
      </button>
      {open && <TimePanel range={range} choose={next => (closeAndReturn(), choose(next))} />}
    </div>
  )
}

function TimePanel({ range, choose }: { range: RangeText; choose: (range: RangeText) => void }) {
  const now = Date.now()
  const submit = (form: HTMLFormElement) => {
    const values = new FormData(form)
    const from = new Date(String(values.get('from')))
    const to = new Date(String(values.get('to')))
    if (from < to) choose({ from: from.toISOString(), to: to.toISOString() })
  }
  return (
    <div class="time-panel" id="time-panel">
      <ul aria-label={t('time.recent')}>
        {recentRanges.map(from => (
          <li key={from}>
            <button
              type="button"
              class="button quiet"
              aria-current={range.from === from && range.to === 'now' ? 'true' : undefined}
              onClick={() => choose({ from, to: 'now' })}
            >
              {t(`time.${from}`)}
            </button>
          </li>
        ))}
      </ul>
      <form
        onSubmit={event => {
          event.preventDefault()
          submit(event.currentTarget)
        }}
      >
        <label class="field">
          <span>{t('time.from')}</span>
          <input
            class="input"
            type="datetime-local"
            name="from"
            step="1"
            required
            defaultValue={toLocalInput(resolveTime(range.from, now) ?? now)}
          />
        </label>
        <label class="field">
          <span>{t('time.to')}</span>
          <input
            class="input"
            type="datetime-local"
            name="to"
            step="1"
            required
            defaultValue={toLocalInput(resolveTime(range.to, now) ?? now)}
          />
        </label>
        <button type="submit" class="button primary">
          {t('time.apply')}
        </button>
      </form>
    </div>
  )
}

/** The range in words. */
export function rangeLabel(range: RangeText): string {
  const recent = recentRanges.find(from => from === range.from)
  if (recent && range.to === 'now') return t(`time.${recent}`)
  return `${timeLabel(range.from)} – ${timeLabel(range.to)}`
}

function timeLabel(text: string): string {
  return text.startsWith('now') ? text : fullTime(text)
}
