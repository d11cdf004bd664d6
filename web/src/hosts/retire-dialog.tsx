// Retiring ends the wait for a sender and its open alert, so it asks once.
import { useEffect, useRef } from 'preact/hooks'
import { t } from '../i18n/i18n.ts'
import { Untrusted } from '../ui/untrusted.tsx'

type RetireDialogProps = {
  readonly name: string
  readonly retire: () => void
  readonly leave: () => void
}

export function RetireDialog({ name, retire, leave }: RetireDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="retire-title" onClose={leave}>
      <form
        onSubmit={event => {
          event.preventDefault()
          retire()
          leave()
        }}
      >
        <h2 id="retire-title">{t('hosts.retireTitle')}</h2>
        <p class="break">
          <strong>
            <Untrusted text={name} />
          </strong>
        </p>
        <p class="hint">{t('hosts.retireMeans')}</p>
        <div class="row">
          <button type="submit" class="button primary">
            {t('hosts.retire')}
          </button>
          <button type="button" class="button" onClick={leave} autofocus>
            {t('hosts.retireNot')}
          </button>
        </div>
      </form>
    </dialog>
  )
}
