// Alerts → mails in the outbox: route, throttle, compose. Runs inside the transaction that saves the alerts.
import { randomUUID } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import type { MailConfig } from '../config/schema.ts'
import type { Alert } from '../model/alert.ts'
import type { RuleInfo } from '../model/rule.ts'
import type { AlertBox, NewMail, Telling, WaitingRule } from '../store/store.ts'
import { domainOf, mailAddress } from './address.ts'
import { composeAlert, composeBundle, composeDigest, composeTest } from './compose.ts'
import { type Letter, printHtml, printText } from './letter.ts'
import { rank, recipients } from './route.ts'
import { createThrottle, hourMs } from './throttle.ts'

export type TellerOptions = {
  readonly mail: Pick<MailConfig, 'from' | 'to' | 'minLevel'>
  /** `web.publicUrl`, for links. */
  readonly publicUrl?: string | undefined
  /** What is known of a rule now; asked when a mail is written. */
  readonly rules: (id: string) => RuleInfo | undefined
  readonly clock: Clock
  /** What every mail takes out of the house as its last line: the store's checkpoint. */
  readonly checkpoint?: (() => string | undefined) | undefined
  /** Left part of a Message-ID, unique in the world. */
  readonly newId?: () => string
}

export type Teller = {
  /** The callback of AlertBox.apply: mails for the alerts of this round, and which alerts wait for the digest. */
  tellOpened(opened: readonly Alert[]): Telling
  /** Queues the digest when one is due. Call it every few seconds, and after each round. */
  tellWaiting(alerts: Pick<AlertBox, 'tellWaiting'>): void
  /** A test mail for each address of mail.to. */
  testMails(): readonly NewMail[]
}

/**
 * Decides what is mailed to whom and writes it. Alerts below mail.minLevel are marked neither told nor waiting: their
 * repeats are not mailed either.
 *
 * @throws PicketError CONFIG_INVALID when mail.from or an address of mail.to is not one plain address
 */
export function createTeller(options: TellerOptions): Teller {
  const { mail, rules, clock, publicUrl, checkpoint, newId = randomUUID } = options
  mailAddress(mail.from, 'mail.from')
  for (const [i, to] of mail.to.entries()) mailAddress(to, `mail.to[${i}]`)
  const throttle = createThrottle(clock)

  function write(to: string, compose: (options: Parameters<typeof composeTest>[0]) => Letter): NewMail {
    const letter = compose({ to, minLevel: mail.minLevel, publicUrl, rules })
    const sealed = checkpoint?.()
    const foot = sealed === undefined ? letter.foot : `${letter.foot}\n\n${sealed}`
    return {
      messageId: `<${newId()}@${domainOf(mail.from)}>`,
      to,
      subject: letter.subject,
      // in this part only: it is for programs that read mailboxes
      text: printText({ ...letter, foot }),
      html: printHtml(letter),
    }
  }

  function mailsOf(alerts: readonly Alert[]): readonly NewMail[] {
    const [only] = alerts
    const worst = alerts.reduce((a, b) => (rank(b.level) > rank(a.level) ? b : a))
    return recipients(worst.level, mail).map(to =>
      write(to, compose =>
        alerts.length === 1 && only !== undefined ? composeAlert(only, compose) : composeBundle(alerts, compose),
      ),
    )
  }

  function digestOf(waiting: readonly WaitingRule[]) {
    const picked = throttle.pickWaiting(waiting)
    const [first] = picked
    if (first === undefined) return { mails: [], ruleIds: [] }
    const worst = picked.reduce((a, b) => (rank(b.level) > rank(a.level) ? b : a), first)
    return {
      mails: recipients(worst.level, mail).map(to => write(to, compose => composeDigest(picked, compose))),
      ruleIds: picked.map(rule => rule.ruleId),
    }
  }

  return {
    tellOpened: opened => {
      const { now, later } = throttle.splitOpened(opened.filter(alert => recipients(alert.level, mail).length > 0))
      return {
        mails: now.flatMap(mailsOf),
        told: now.flat().map(alert => alert.id),
        later: later.map(alert => alert.id),
      }
    },
    tellWaiting: alerts => alerts.tellWaiting(clock.now() - hourMs, digestOf),
    testMails: () => mail.to.map(to => write(to, composeTest)),
  }
}
