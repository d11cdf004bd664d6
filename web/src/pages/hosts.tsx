// Who reports, through which channels, and when each was last heard.
import '../hosts/hosts.css'
import type { HostRow } from '../api/answers.ts'
import { get } from '../api/request.ts'
import { useEvery, useResource } from '../api/use-resource.ts'
import { hostQuery, isQuiet } from '../hosts/quiet.ts'
import { t } from '../i18n/i18n.ts'
import { fullTime, number } from '../time/format.ts'
import { EmptyNotice, ErrorNotice, Skeleton } from '../ui/notice.tsx'
import { Ago } from '../ui/time-text.tsx'
import { Untrusted } from '../ui/untrusted.tsx'
import { searchHref } from '../url/url-state.ts'

const refreshEveryMs = 30_000

export function Hosts() {
  const hosts = useResource('hosts', signal => get<{ hosts: readonly HostRow[] }>('hosts', {}, signal))
  useEvery(refreshEveryMs, hosts.reload)
  const rows = (hosts.data?.hosts ?? []).toSorted((a, b) => b.last_seen.localeCompare(a.last_seen))
  return (
    <div class="page">
      <h1>{t('nav.hosts')}</h1>
      {hosts.error && <ErrorNotice error={hosts.error} retry={hosts.reload} />}
      <div class="panel table-panel" tabIndex={0} role="region" aria-label={t('nav.hosts')}>
        {!hosts.data && !hosts.error && <Skeleton rows={8} />}
        {hosts.data && rows.length === 0 && (
          <EmptyNotice title={t('hosts.none')}>
            <a class="button small" href="/">
              {t('hosts.connect')}
            </a>
          </EmptyNotice>
        )}
        {rows.length > 0 && <HostTable rows={rows} />}
      </div>
    </div>
  )
}

function HostTable({ rows }: { rows: readonly HostRow[] }) {
  const now = Date.now()
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col">{t('hosts.host')}</th>
          <th scope="col">{t('hosts.peer')}</th>
          <th scope="col" class="number">
            {t('hosts.records')}
          </th>
          <th scope="col">{t('hosts.channels')}</th>
          <th scope="col">{t('hosts.firstSeen')}</th>
          <th scope="col">{t('hosts.lastSeen')}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(host => (
          <tr key={`${host.hostname} ${host.peer}`}>
            <td class="host-name break">
              <a href={searchHref(hostQuery(host))}>
                <Untrusted text={host.hostname ?? t('hosts.unnamed')} />
              </a>
            </td>
            <td class="log">{host.peer}</td>
            <td class="number">{number(host.records)}</td>
            <td>
              <ul class="channels">
                {host.channels.map(channel => (
                  <li key={channel.name} class="tag" title={fullTime(channel.last_seen)}>
                    <Untrusted text={channel.name} />
                  </li>
                ))}
              </ul>
            </td>
            <td>
              <Ago time={host.first_seen} />
            </td>
            <td>
              <Ago time={host.last_seen} />
              {isQuiet(host, now) && <span class="tag tag-quiet">{t('hosts.quiet')}</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
