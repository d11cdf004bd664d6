// Why a query was not run: the place, the reason, the likely meaning with one click.
import { t } from '../i18n/i18n.ts'
import { visibleText } from '../text.ts'
import { type QueryProblem, repairOf } from './query-problem.ts'

type QueryProblemNoteProps = { q: string; problem: QueryProblem; submit: (q: string) => void }

export function QueryProblemNote({ q, problem, submit }: QueryProblemNoteProps) {
  const { position, length, message } = problem
  const repaired = repairOf(q, problem)
  return (
    <div class="notice notice-error search-problem" role="alert">
      <p>
        <strong>{t('query.problem', { place: position + 1 })}</strong> {visibleText(message)}
      </p>
      <pre class="log">
        {visibleText(q.slice(0, position))}
        <u>{visibleText(q.slice(position, position + length)) || ' '}</u>
        {visibleText(q.slice(position + length))}
      </pre>
      <div class="row">
        {repaired !== undefined && (
          <button type="button" class="button small" onClick={() => submit(repaired)}>
            {t('query.repair', { q: visibleText(repaired) })}
          </button>
        )}
        <button type="button" class="button small" onClick={() => submit('')}>
          {t('query.clear')}
        </button>
      </div>
    </div>
  )
}
