// The records of a search or a live tail: only those in view are rendered, one can be open.
import { ChevronDown, ChevronRight } from 'lucide-preact'
import type { RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { RecordJson } from '../api/answers.ts'
import { t } from '../i18n/i18n.ts'
import { fullTime, isToday, recordTime } from '../time/format.ts'
import { Severity } from '../ui/rank.tsx'
import { Untrusted } from '../ui/untrusted.tsx'
import { useVirtualList } from '../ui/use-virtual-list.ts'
import type { Highlighter } from './highlight.ts'
import { RecordDetail } from './record-detail.tsx'

const rowPx = 29
/** The query bar stays on top of the scrolled list. */
const stickyPx = 60

export type RecordListHandle = { readonly show: (index: number) => void }

type RecordListProps = {
  readonly records: readonly RecordJson[]
  readonly openId: string | undefined
  readonly cursor: number
  readonly highlight: Highlighter
  readonly toggle: (index: number) => void
  readonly handle: RefObject<RecordListHandle>
}

export function RecordList({ records, openId, cursor, highlight, toggle, handle }: RecordListProps) {
  const list = useRef<HTMLOListElement>(null)
  const virtual = useVirtualList({
    count: records.length,
    list,
    scroller: () => document.getElementById('main'),
    estimatePx: rowPx,
    keyOf: index => records[index]?.id ?? String(index),
    coveredPx: stickyPx,
  })
  handle.current = { show: index => virtual.scrollToIndex(index, { align: 'auto' }) }
  // A permalink or a page opened again starts at its record.
  const openAtStart = useRef(openId)
  useEffect(() => {
    if (openAtStart.current === undefined || records.length === 0) return
    const index = records.findIndex(record => record.id === openAtStart.current)
    openAtStart.current = undefined
    if (index > 0) virtual.scrollToIndex(index, { align: 'start' })
  }, [records])
  const oldest = records.at(-1)
  const withDays = oldest !== undefined && !isToday(new Date(oldest.received_at))
  return (
    <ol
      ref={list}
      class={`records ${withDays ? 'with-days' : ''}`}
      aria-label={t('search.records')}
      style={{ blockSize: `${virtual.getTotalSize()}px` }}
    >
      {virtual.getVirtualItems().map(item => {
        const record = records[item.index]
        if (!record) return null
        const isOpen = record.id === openId
        return (
          <li
            key={item.key}
            ref={virtual.measureElement}
            data-index={item.index}
            class={`record ${isOpen ? 'is-open' : ''} ${item.index === cursor ? 'is-cursor' : ''}`}
            aria-setsize={records.length}
            aria-posinset={item.index + 1}
            style={{ transform: `translateY(${item.start - virtual.options.scrollMargin}px)` }}
          >
            <Row record={record} isOpen={isOpen} highlight={highlight} toggle={() => toggle(item.index)} />
            {isOpen && <RecordDetail record={record} highlight={highlight} />}
          </li>
        )
      })}
    </ol>
  )
}

type RowProps = { record: RecordJson; isOpen: boolean; highlight: Highlighter; toggle: () => void }

function Row({ record, isOpen, highlight, toggle }: RowProps) {
  return (
    // The button inside does the same for the keyboard; the row is a larger place to click.
    <div
      class="record-row"
      onClick={event => {
        // The path, not the target: a button that was just clicked has its new icon already.
        const onControl = event.composedPath().some(node => node instanceof Element && node.matches('a, button'))
        if (!onControl && getSelection()?.isCollapsed !== false) toggle()
      }}
    >
      <button
        type="button"
        class="record-open"
        aria-expanded={isOpen}
        aria-label={t('search.openRecord', { time: recordTime(record.received_at) })}
        onClick={toggle}
      >
        {isOpen ? <ChevronDown size={15} aria-hidden="true" /> : <ChevronRight size={15} aria-hidden="true" />}
      </button>
      <time class="record-time" dateTime={record.received_at} title={fullTime(record.received_at)}>
        {recordTime(record.received_at)}
      </time>
      <span class="record-severity">
        <Severity severity={record.severity} />
      </span>
      <span class="record-host">
        <Untrusted text={record.hostname ?? record.peer} />
      </span>
      <span class="record-app">
        <Untrusted text={record.app_name ?? '–'} />
      </span>
      <span class="record-message log">
        <Gist record={record} highlight={highlight} />
        <Untrusted text={record.message} highlights={highlight(record.message)} />
      </span>
    </div>
  )
}

/** A command that stands far behind in its message would be cut off: it goes in front. */
const behind = 40

function Gist({ record, highlight }: { record: RecordJson; highlight: Highlighter }) {
  const command = record.fields['process.command_line']
  if (typeof command !== 'string' || record.message.lastIndexOf(command) < behind) return null
  return (
    <>
      <b class="record-gist">
        <Untrusted text={command} highlights={highlight(command)} />
      </b>
      {'  '}
    </>
  )
}
