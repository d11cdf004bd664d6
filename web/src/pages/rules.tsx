// What is watched: the loaded rules and what is wrong with files that did not load.
import '../hosts/hosts.css'
import { levels } from '../../../src/model/rule.ts'
import type { RuleRow, RulesAnswer } from '../api/answers.ts'
import { get } from '../api/request.ts'
import { useResource } from '../api/use-resource.ts'
import { t } from '../i18n/i18n.ts'
import { EmptyNotice, ErrorNotice, Skeleton } from '../ui/notice.tsx'
import { LevelMark } from '../ui/rank.tsx'

export function Rules() {
  const rules = useResource('rules', signal => get<RulesAnswer>('rules', {}, signal))
  const rows = (rules.data?.rules ?? []).toSorted(
    (a, b) => levels.indexOf(b.level) - levels.indexOf(a.level) || a.title.localeCompare(b.title),
  )
  const findings = rules.data?.findings ?? []
  return (
    <div class="page">
      <h1>{t('nav.rules')}</h1>
      {rules.error && <ErrorNotice error={rules.error} retry={rules.reload} />}
      {findings.length > 0 && (
        <section class="notice-warning">
          <h2>{t('rules.findings', { n: findings.length })}</h2>
          <ul class="log break">
            {findings.map(finding => (
              <li key={finding}>{finding}</li>
            ))}
          </ul>
        </section>
      )}
      <div class="panel table-panel" tabIndex={0} role="region" aria-label={t('nav.rules')}>
        {!rules.data && !rules.error && <Skeleton rows={12} />}
        {rules.data && rows.length === 0 && <EmptyNotice title={t('rules.none')} />}
        {rows.length > 0 && <RuleTable rows={rows} />}
      </div>
    </div>
  )
}

function RuleTable({ rows }: { rows: readonly RuleRow[] }) {
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col">{t('rules.level')}</th>
          <th scope="col">{t('rules.title')}</th>
          <th scope="col">{t('alerts.techniques')}</th>
          <th scope="col">{t('rules.file')}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(rule => (
          <tr key={rule.id}>
            <td>
              <LevelMark level={rule.level} />
            </td>
            <td>
              <strong>{rule.title}</strong>
              {!rule.enabled && <span class="tag tag-quiet">{t('rules.off')}</span>}
              {rule.description !== null && <p class="hint">{rule.description}</p>}
              {rule.error !== null && <p class="tone-critical">{rule.error}</p>}
            </td>
            <td>{rule.techniques.join(', ')}</td>
            <td class="log">{rule.file}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
