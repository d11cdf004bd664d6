// A value that can be clicked: search for it; alt-click, the minus button or `x` leaves it out.
import { Minus } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { t } from '../i18n/i18n.ts'
import { visibleText } from '../text.ts'
import { useApplyFilter } from './filter-context.ts'

type FilterValueProps = { field: string; value: string | number; children: ComponentChildren; class?: string }

export function FilterValue({ field, value, children, class: className = '' }: FilterValueProps) {
  const apply = useApplyFilter()
  const shown = visibleText(String(value))
  return (
    <span class={`filter-value ${className}`} data-field={field} data-value={value}>
      <button
        type="button"
        class="filter-take"
        title={t('filter.include', { field, value: shown })}
        onClick={event => apply(field, value, { exclude: event.altKey })}
      >
        {children}
      </button>
      <button
        type="button"
        class="filter-leave"
        title={t('filter.exclude', { field, value: shown })}
        aria-label={t('filter.exclude', { field, value: shown })}
        onClick={() => apply(field, value, { exclude: true })}
      >
        <Minus size={13} aria-hidden="true" />
      </button>
    </span>
  )
}

/** The field and value under the pointer or the focus, for the `x` key. */
export function valueAtHand(): { readonly field: string; readonly value: string } | undefined {
  const element =
    document.activeElement?.closest<HTMLElement>('[data-field]') ??
    document.querySelector<HTMLElement>('[data-field]:hover')
  const field = element?.dataset['field']
  const value = element?.dataset['value']
  return field !== undefined && value !== undefined ? { field, value } : undefined
}
