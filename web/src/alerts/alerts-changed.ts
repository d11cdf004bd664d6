// Rises with every change that this page made to an alert, so that counts elsewhere follow at once.
import { signal } from '@preact/signals'

export const alertsChanged = signal(0)
