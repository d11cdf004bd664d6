// An open host: each source it sends by, with rhythm, clock and what people decided; the decisions for all of them.
import { BellOff } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import type { SourceAnswer } from '../api/answers.ts'
import { isAnalyst } from '../api/session.ts'
import { t } from '../i18n/i18n.ts'
import { visibleText } from '../text.ts'
import { duration, number } from '../time/format.ts'
import { SourceStateMark } from '../ui/rank.tsx'
import { Ago, At } from '../ui/time-text.tsx'
import { searchHref } from '../url/url-state.ts'
import { ClockText, ZoneText } from './clock-text.tsx'
import { type Host, isClockOff } from './host.ts'
import { SourceActions } from './source-actions.tsx'

export function HostDetail({ host, changed }: { host: Host; changed: () => void }) {
  return (
    <div class="host-detail">
      <div class="host-detail-head">
        <a class="button small" href={searchHref(host.query)}>
          {t('hosts.searchRecords')}
        </a>
        {isAnalyst() && host.sources.length > 1 && (
          <SourceActions name={host.name} sources={host.sources} changed={changed} />
        )}
      </div>
      <ul class="sources" aria-label={t('hosts.sourcesOf', { name: visibleText(host.name) })}>
        {host.sources.map(source => (
          <li key={source.id} class="source">
            <SourceFacts source={source} />
            {isAnalyst() && (
              <SourceActions
                name={`${host.name} ${source.channel} ${source.peer}`.trim()}
                sources={[source]}
                changed={changed}
              />
            )}
          </li>
        ))}
      </ul>
    </div>
  )
}

function SourceFacts({ source }: { source: SourceAnswer }) {
  return (
    <div class="source-facts">
      <p class="row">
        <strong>{source.channel}</strong>
        <SourceStateMark state={source.state} />
        {source.expected && <span class="tag">{t('hosts.expected')}</span>}
        {source.muted && <MutedTag until={source.muted_until} />}
        {source.alert !== null && <a href={`/alerts/${source.alert}`}>{t('alerts.number', { id: source.alert })}</a>}
      </p>
      <dl class="facts">
        <Fact name={t('hosts.from')}>
          {source.peer === '' ? (
            t('hosts.never')
          ) : (
            <>
              <span class="log">{source.peer}</span> {source.transport}
            </>
          )}
        </Fact>
        <Fact name={t('hosts.lastSeen')}>
          {source.last_seen === null ? t('hosts.never') : <Ago time={source.last_seen} />}
        </Fact>
        {source.usual_pause_seconds !== null && (
          <Fact name={t('hosts.usual')}>{t('hosts.upTo', { time: duration(source.usual_pause_seconds) })}</Fact>
        )}
        {source.silent_after_seconds !== null && (
          <Fact name={t('hosts.silentAfter')}>{duration(source.silent_after_seconds)}</Fact>
        )}
        <Fact name={t('hosts.records')}>{number(source.records)}</Fact>
        <Fact name={t('hosts.firstSeen')}>
          <Ago time={source.first_seen} />
        </Fact>
        {isClockOff(source) && (
          <Fact name={t('hosts.clock')}>
            <ClockText source={source} />
          </Fact>
        )}
      </dl>
      {source.suggested_zone !== null && (
        <p class="hint">
          <ZoneText zone={source.suggested_zone} /> {t('hosts.zoneHow')}
        </p>
      )}
    </div>
  )
}

function MutedTag({ until }: { until: string | null }) {
  return (
    <span class="tag tag-muted">
      <BellOff size={12} aria-hidden="true" />
      {until === null ? t('hosts.mutedForGood') : t('hosts.mutedUntil')}
      {until !== null && <At time={until} />}
    </span>
  )
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
