// Says that values were counted over the newest matching records only.
import { t } from '../i18n/i18n.ts'

export function Sampled(props: { n: number | undefined; class: string }) {
  const { n } = props
  return n === undefined ? null : <p class={props.class}>{t('search.sampled', { n })}</p>
}
