// Alerts that come of no rule file: Picket raises them about those who send.
import type { RuleInfo } from '../model/rule.ts'

export const silentSourceRule = 'picket-silent-source'

export const builtInRules: readonly RuleInfo[] = [
  {
    id: silentSourceRule,
    title: 'A source fell silent',
    level: 'medium',
    description:
      'A host, or one kind of its records, has been silent for longer than is usual for it, while Picket itself was listening. Whoever breaks in often stops the logs first; the note of the alert says who is silent, since when, and what else went quiet at the same time.',
    falsePositives: [
      'The host was switched off, moved or renamed: retire it on the Hosts page.',
      'A network or relay in between is down: then many are silent at once.',
      'It has less to say than before: mute it, or set silentAfter under sources: in the configuration.',
    ],
    techniques: ['T1562.006'],
    nextSteps:
      'Is the host up? Is its rsyslog or journald forwarder running, and its queue empty? Look at the last records before the silence: who was logged in, what was run?',
    file: 'built in',
    enabled: true,
  },
]
