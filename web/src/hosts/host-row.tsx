// One host in the table, its channels as chips, and behind it what is open.
import { BellOff, ChevronRight } from 'lucide-preact'
import { t } from '../i18n/i18n.ts'
import { duration, fullTime, number } from '../time/format.ts'
import { SourceStateMark } from '../ui/rank.tsx'
import { Ago } from '../ui/time-text.tsx'
import { Untrusted } from '../ui/untrusted.tsx'
import { searchHref } from '../url/url-state.ts'
import { ClockText, ZoneText } from './clock-text.tsx'
import type { Host, HostChannel } from './host.ts'
import { HostDetail } from './host-detail.tsx'
import { HourBars } from './hour-bars.tsx'

type HostRowProps = {
  readonly host: Host
  readonly isOpen: boolean
  readonly isCursor: boolean
  readonly toggle: () => void
  readonly changed: () => void
}

export function HostRow({ host, isOpen, isCursor, toggle, changed }: HostRowProps) {
  return (
    <>
      <tr id={hostRowId(host)} class={`host ${isCursor ? 'is-cursor' : ''} ${isOpen ? 'is-open' : ''}`}>
        <td class="host-name">
          <button type="button" class="host-toggle" aria-expanded={isOpen} onClick={toggle}>
            <ChevronRight size={14} aria-hidden="true" />
            <span class="break">
              <Untrusted text={host.name} />
            </span>
          </button>
        </td>
        <td class="host-state">
          <SourceStateMark state={host.state} isPart={host.isPart} />
          {host.muted && (
            <span class="hint host-muted">
              <BellOff size={12} aria-hidden="true" />
              {t('hosts.muted')}
            </span>
          )}
        </td>
        <td class="host-channels">
          <ul class="channels">
            {host.channels.map(channel => (
              <li key={channel.channel}>
                <ChannelChip channel={channel} />
              </li>
            ))}
          </ul>
        </td>
        <td class="host-seen">
          {host.last_seen === null ? <span class="hint">{t('hosts.never')}</span> : <Ago time={host.last_seen} />}
          {host.usualPauseSeconds !== null && (
            <span class="hint host-usual">{t('hosts.usually', { time: duration(host.usualPauseSeconds) })}</span>
          )}
        </td>
        <td class="host-hours">
          <HourBars hours={host.hours} />
          <a class="plain" href={searchHref(host.query)}>
            {number(host.hours.reduce((sum, count) => sum + count, 0))}
          </a>
        </td>
        <td class="host-more">
          <span class="log">{host.peers.slice(0, shownPeers).join(', ') || '–'}</span>
          {host.peers.length > shownPeers && (
            <span class="hint"> {t('hosts.morePeers', { n: host.peers.length - shownPeers })}</span>
          )}
          <span class="hint host-transports">{host.transports.join(', ')}</span>
        </td>
        <td class="host-clock">
          {host.clock && <ClockText source={host.clock} />}
          {host.clock?.suggested_zone && (
            <span class="hint">
              <ZoneText zone={host.clock.suggested_zone} />
            </span>
          )}
        </td>
      </tr>
      {isOpen && (
        <tr class="host-opened">
          <td colSpan={7}>
            <HostDetail host={host} changed={changed} />
          </td>
        </tr>
      )}
    </>
  )
}

/** A relay farm must not fill the table. */
const shownPeers = 2

/** For scrolling to. A name may be any text; the number of its first source is as unique. */
export function hostRowId(host: Host): string {
  return `host-${host.sources[0]?.id}`
}

function ChannelChip({ channel }: { channel: HostChannel }) {
  const { state, muted, last_seen: at } = channel
  return (
    <span class={`tag chip chip-${state}`} title={at === null ? t('hosts.never') : fullTime(at)}>
      <SourceStateMark state={state} name={channel.channel} />
      {muted && (
        <>
          <BellOff size={12} aria-hidden="true" />
          <span class="visually-hidden">{t('hosts.muted')}</span>
        </>
      )}
    </span>
  )
}
