// Who reports and who stopped: the quiet hosts first.
import type { HostRow } from '../api/answers.ts'
import { get } from '../api/request.ts'
import { useEvery, useResource } from '../api/use-resource.ts'
import { hostQuery, isQuiet } from '../hosts/quiet.ts'
import { t } from '../i18n/i18n.ts'
import { number } from '../time/format.ts'
import { ErrorNotice, Skeleton } from '../ui/notice.tsx'
import { Ago } from '../ui/time-text.tsx'
import { Untrusted } from '../ui/untrusted.tsx'
import { searchHref } from '../url/url-state.ts'

const shownHosts = 8
const refreshEveryMs = 30_000

export function HostsPanel() {
  const hosts = useResource('hosts', signal => get<{ hosts: readonly HostRow[] }>('hosts', {}, signal))
  useEvery(refreshEveryMs, hosts.reload)
  const now = Date.now()
  const rows = (hosts.data?.hosts ?? []).toSorted((a, b) => rank(a, now) - rank(b, now) || b.records - a.records)
  const quiet = rows.filter(host => isQuiet(host, now)).length
  return (
    <section class="panel overview-hosts">
      <div class="panel-head">
        <h2>
          {t('overview.hosts', { n: rows.length })}
          {quiet > 0 && <span class="quiet-count">{t('overview.quiet', { n: quiet })}</span>}
        </h2>
        <a href="/hosts">{t('overview.allHosts')}</a>
      </div>
      {hosts.error && !hosts.data && <ErrorNotice error={hosts.error} retry={hosts.reload} />}
      {!hosts.data && !hosts.error && <Skeleton rows={6} />}
      {rows.length > 0 && (
        <table class="table">
          <thead>
            <tr>
              <th scope="col">{t('hosts.host')}</th>
              <th scope="col" class="number">
                {t('hosts.records')}
              </th>
              <th scope="col">{t('hosts.lastSeen')}</th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, shownHosts).map(host => (
              <tr key={`${host.hostname} ${host.peer}`}>
                <td class="break">
                  <a href={searchHref(hostQuery(host))}>
                    <Untrusted text={host.hostname ?? host.peer} />
                  </a>
                </td>
                <td class="number">
                  <a class="plain" href={searchHref(hostQuery(host))}>
                    {number(host.records)}
                  </a>
                </td>
                <td>
                  <Ago time={host.last_seen} />
                  {isQuiet(host, now) && <span class="tag tag-quiet">{t('hosts.quiet')}</span>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}

function rank(host: HostRow, now: number): number {
  return isQuiet(host, now) ? 0 : 1
}
