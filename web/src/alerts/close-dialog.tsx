// Closing is final, so it asks once: Enter closes, with a reason or without.
import { useEffect, useRef } from 'preact/hooks'
import { t } from '../i18n/i18n.ts'

type CloseDialogProps = {
  /** What already stands in the comment box. */
  readonly reason: string
  readonly close: (reason: string) => void
  readonly leave: () => void
}

export function CloseDialog({ reason, close, leave }: CloseDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog ref={dialog} class="dialog close-dialog" aria-labelledby="close-title" onClose={leave}>
      <form
        onSubmit={event => {
          event.preventDefault()
          close(String(new FormData(event.currentTarget).get('reason')).trim())
          leave()
        }}
      >
        <h2 id="close-title">{t('alerts.closeTitle')}</h2>
        <p class="hint">{t('alerts.closeFinal')}</p>
        <label class="field">
          <span>{t('alerts.closeReason')}</span>
          <input class="input" name="reason" maxLength={4000} defaultValue={reason} autocomplete="off" autofocus />
        </label>
        <div class="row">
          <button type="submit" class="button primary">
            {t('alerts.closeAlert')}
          </button>
          <button type="button" class="button" onClick={leave}>
            {t('alerts.closeNot')}
          </button>
        </div>
      </form>
    </dialog>
  )
}
