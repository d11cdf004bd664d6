// Everything about one record: its fields, its bytes, what the parser could not read, and where to go from here.

import { facilityNames, severityNames } from '../../../src/model/severity.ts'
import type { RecordJson, RecordsAnswer } from '../api/answers.ts'
import { get } from '../api/request.ts'
import { useResource } from '../api/use-resource.ts'
import { t } from '../i18n/i18n.ts'
import { hexDump } from '../text.ts'
import { rangeAround } from '../time/range.ts'
import { CopyButton } from '../ui/copy-button.tsx'
import { ErrorNotice } from '../ui/notice.tsx'
import { Untrusted } from '../ui/untrusted.tsx'
import { searchHref } from '../url/url-state.ts'
import { clause } from './clause.ts'
import { FilterValue } from './filter-value.tsx'
import type { Highlighter } from './highlight.ts'

const contextMs = 5 * 60_000

export function RecordDetail({ record, highlight }: { record: RecordJson; highlight: Highlighter }) {
  return (
    <div class="record-detail">
      <div class="row record-actions">
        <a class="button small" href={permalink(record)}>
          {t('record.permalink')}
        </a>
        <a class="button small" href={neighbours(record)}>
          {t('record.neighbours')}
        </a>
        <CopyButton text={JSON.stringify(record, undefined, 2)} label={t('record.copyJson')} />
        <CopyButton text={record.message} label={t('record.copyMessage')} />
      </div>
      <p class="log record-full">
        <Untrusted text={record.message} highlights={highlight(record.message)} />
      </p>
      <table class="record-fields">
        <caption class="visually-hidden">{t('record.fields')}</caption>
        <tbody>
          {fieldRows(record).map(({ field, values }) => (
            <tr key={field}>
              <th scope="row">{field}</th>
              <td>
                {values.map((value, index) => (
                  <FilterValue key={index} field={field} value={value}>
                    <Untrusted text={value} />
                  </FilterValue>
                ))}
              </td>
            </tr>
          ))}
          <tr>
            <th scope="row">received</th>
            <td class="record-plain">{record.received_at}</td>
          </tr>
          <tr>
            <th scope="row">timestamp</th>
            <td class="record-plain">{record.timestamp ?? '–'}</td>
          </tr>
          <tr>
            <th scope="row">id</th>
            <td class="record-plain">{record.id}</td>
          </tr>
        </tbody>
      </table>
      {record.problems.length > 0 && (
        <section>
          <h3>{t('record.problems')}</h3>
          <ul class="record-problems">
            {record.problems.map(problem => (
              <li key={problem}>
                <Untrusted text={problem} />
              </li>
            ))}
          </ul>
        </section>
      )}
      <RawBytes record={record} />
    </div>
  )
}

/** The frame as it came; fetched only when a record is open. */
function RawBytes({ record }: { record: RecordJson }) {
  const raw = useResource(record.id, async signal => {
    const range = rangeAround(record.received_at, 0, 1)
    // 1,000 is the API's most; a record behind a thousand of its own millisecond has no bytes here.
    const answer = await get<RecordsAnswer>('records', { ...range, limit: 1000, raw: 1 }, signal)
    return answer.records.find(each => each.id === record.id)?.raw
  })
  if (raw.error) return <ErrorNotice error={raw.error} retry={raw.reload} />
  if (raw.data === undefined) return null
  const bytes = Uint8Array.from(atob(raw.data), character => character.charCodeAt(0))
  return (
    <section>
      <h3>{t('record.raw', { n: bytes.length })}</h3>
      <p class="log record-full">
        <Untrusted text={new TextDecoder().decode(bytes)} />
      </p>
      <details>
        <summary>{t('record.hex')}</summary>
        <pre class="snippet" tabIndex={0}>
          {hexDump(bytes)}
        </pre>
      </details>
    </section>
  )
}

type FieldRow = { readonly field: string; readonly values: readonly string[] }

/** Extracted fields first: they are why somebody opens a record. */
function fieldRows(record: RecordJson): readonly FieldRow[] {
  const rows: FieldRow[] = []
  const add = (field: string, value: unknown) => {
    const values = (Array.isArray(value) ? value : [value]).filter(each => each !== null && each !== '').map(String)
    if (values.length > 0) rows.push({ field, values })
  }
  for (const [field, value] of Object.entries(record.fields)) add(field, value)
  for (const [id, parameters] of Object.entries(record.structured_data ?? {})) {
    for (const [name, value] of Object.entries(parameters)) add(`sd.${id}.${name}`, value)
  }
  add('host', record.hostname)
  add('app', record.app_name)
  add('procid', record.procid)
  add('msgid', record.msgid)
  add('facility', facilityNames[record.facility] ?? record.facility)
  add('severity', severityNames[record.severity] ?? record.severity)
  add('peer', record.peer)
  add('transport', record.transport)
  add('format', record.format)
  return rows
}

/** The record and what came before it: newest first, so it stands on top however much there was. */
function permalink(record: RecordJson): string {
  return searchHref('', rangeAround(record.received_at, contextMs, 1), record.id)
}

function neighbours(record: RecordJson): string {
  const filter = record.hostname === null ? clause('peer', record.peer) : clause('host', record.hostname)
  return searchHref(filter, rangeAround(record.received_at, contextMs, contextMs), record.id)
}
