// The record that raised an alert: its line and the fields that matter.
import type { RecordJson } from '../api/answers.ts'
import { recordTime } from '../time/format.ts'
import { Untrusted } from '../ui/untrusted.tsx'

export function AlertRecord({ record }: { record: RecordJson }) {
  return (
    <div class="alert-record">
      <p class="hint">
        <time dateTime={record.received_at}>{recordTime(record.received_at)}</time>{' '}
        <Untrusted text={`${record.hostname ?? record.peer} ${record.app_name ?? ''}`} />
      </p>
      <p class="log alert-message">
        <Untrusted text={record.message} />
      </p>
      <table class="alert-fields">
        <tbody>
          {Object.entries(record.fields).map(([field, value]) => (
            <tr key={field}>
              <th scope="row">{field}</th>
              <td class="log">
                <Untrusted text={typeof value === 'object' ? value.join(' ') : String(value)} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
