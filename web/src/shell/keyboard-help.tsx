// The overlay behind `?`: every key and what it does.
import { useEffect, useRef } from 'preact/hooks'
import { t } from '../i18n/i18n.ts'

export function KeyboardHelp({ close }: { close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog ref={dialog} class="dialog help" aria-labelledby="help-title" onClose={close}>
      <div class="spread">
        <h2 id="help-title">{t('help.title')}</h2>
        <button type="button" class="button small" onClick={close}>
          {t('help.close')}
        </button>
      </div>
      <div class="help-groups">
        {groups().map(group => (
          <section key={group.title}>
            <h3>{group.title}</h3>
            <dl>
              {group.keys.map(([keys, does]) => (
                <div key={does}>
                  <dt>
                    {keys.split(' ').map(key => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </dt>
                  <dd>{does}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </dialog>
  )
}

function groups(): readonly { title: string; keys: readonly (readonly [string, string])[] }[] {
  return [
    {
      title: t('help.everywhere'),
      keys: [
        ['g o', t('nav.overview')],
        ['g s', t('nav.search')],
        ['g a', t('nav.alerts')],
        ['g h', t('nav.hosts')],
        ['g r', t('nav.rules')],
        ['g y', t('nav.system')],
        ['?', t('help.title')],
        ['Esc', t('help.back')],
      ],
    },
    {
      title: t('nav.search'),
      keys: [
        ['/', t('help.query')],
        ['t', t('help.time')],
        ['l', t('help.live')],
        ['j k', t('help.rows')],
        ['Enter o', t('help.open')],
        ['x', t('help.exclude')],
      ],
    },
    {
      title: t('nav.alerts'),
      keys: [
        ['j k', t('help.rows')],
        ['Enter o', t('help.open')],
        ['a', t('alerts.acknowledge')],
        ['c', t('alerts.close')],
      ],
    },
    {
      title: t('nav.hosts'),
      keys: [
        ['/', t('hosts.filter')],
        ['j k', t('help.rows')],
        ['Enter o', t('help.open')],
      ],
    },
  ]
}
