// How people call a transport.
import { t } from '../i18n/i18n.ts'

export function transportName(transport: string): string {
  return transport === 'internal' ? t('system.internal') : transport.toUpperCase()
}
