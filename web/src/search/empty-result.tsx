// Nothing found: what was searched, and what to try.
import { t } from '../i18n/i18n.ts'
import { visibleText } from '../text.ts'
import { type RangeText, widerRange } from '../time/range.ts'
import { EmptyNotice } from '../ui/notice.tsx'
import { href } from '../url/url-state.ts'
import { rangeLabel } from './time-picker.tsx'

export function EmptyResult({ q, range, choose }: { q: string; range: RangeText; choose: (range: RangeText) => void }) {
  const wider = widerRange(range, Date.now())
  return (
    <EmptyNotice title={t('empty.title')}>
      <p>
        {q === ''
          ? t('empty.searchedAll', { range: rangeLabel(range) })
          : t('empty.searched', { q: visibleText(q), range: rangeLabel(range) })}
      </p>
      <div class="row">
        {wider && (
          <button type="button" class="button small" onClick={() => choose(wider)}>
            {t('empty.wider', { range: rangeLabel(wider) })}
          </button>
        )}
        {q !== '' && (
          <a class="button small" href={href('/search', { from: range.from, to: range.to })}>
            {t('empty.allRecords')}
          </a>
        )}
      </div>
    </EmptyNotice>
  )
}
