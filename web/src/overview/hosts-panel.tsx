// Who reports and who stopped: what needs somebody first.
import { hostsOf } from '../hosts/host.ts'
import { useSources } from '../hosts/use-sources.ts'
import { t } from '../i18n/i18n.ts'
import { number } from '../time/format.ts'
import { ErrorNotice, Skeleton } from '../ui/notice.tsx'
import { SourceStateMark } from '../ui/rank.tsx'
import { Ago } from '../ui/time-text.tsx'
import { Untrusted } from '../ui/untrusted.tsx'
import { href, searchHref } from '../url/url-state.ts'

const shownHosts = 8

export function HostsPanel() {
  const sources = useSources()
  const hosts = hostsOf(sources.data ?? []).filter(host => host.state !== 'retired')
  const silent = hosts.filter(host => host.state === 'silent' && !host.muted).length
  return (
    <section class="panel overview-hosts">
      <div class="panel-head">
        <h2>
          {t('overview.hosts', { n: hosts.length })}
          {silent > 0 && (
            <a class="quiet-count" href={href('/hosts', { state: 'silent' })}>
              {t('overview.silent', { n: silent })}
            </a>
          )}
        </h2>
        <a href="/hosts">{t('overview.allHosts')}</a>
      </div>
      {sources.error && !sources.data && <ErrorNotice error={sources.error} retry={sources.reload} />}
      {!sources.data && !sources.error && <Skeleton rows={6} />}
      {hosts.length > 0 && (
        <table class="table">
          <thead>
            <tr>
              <th scope="col">{t('hosts.host')}</th>
              <th scope="col">{t('hosts.state')}</th>
              <th scope="col" class="number">
                {t('hosts.day')}
              </th>
              <th scope="col">{t('hosts.lastSeen')}</th>
            </tr>
          </thead>
          <tbody>
            {hosts.slice(0, shownHosts).map(host => (
              <tr key={host.name}>
                <td class="break">
                  <a href={href('/hosts', { open: host.name })}>
                    <Untrusted text={host.name} />
                  </a>
                </td>
                <td>
                  <SourceStateMark state={host.state} isPart={host.isPart} />
                </td>
                <td class="number">
                  <a class="plain" href={searchHref(host.query)}>
                    {number(host.hours.reduce((sum, count) => sum + count, 0))}
                  </a>
                </td>
                <td>{host.last_seen === null ? t('hosts.never') : <Ago time={host.last_seen} />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}
