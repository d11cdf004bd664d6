// How long a source is usually quiet at this time of day, learned from its pauses. 48 small numbers per source.
//
//   per hour of the day (UTC) in which a pause began: the longest and the second longest pause, on a scale of sixteenths
//   of an octave from one minute on; each day takes one step away, so that a pause counts half after sixteen days

/** `[longest, second longest]` for each hour of the day, as steps; 0 is "under a minute". */
export type Rhythm = number[]

const minuteMs = 60_000
const hourMs = 3_600_000
const stepsPerOctave = 16
/** 42 days: more does not fit a byte. */
const maxSteps = 255

export function emptyRhythm(): Rhythm {
  return Array.from({ length: 48 }, () => 0)
}

/** Takes note of a pause that began at `from` and lasted `pauseMs`. */
export function learnPause(rhythm: Rhythm, from: number, pauseMs: number): void {
  const steps = stepsOf(pauseMs)
  if (steps === 0) return
  const at = hourOf(from) * 2
  const longest = rhythm[at] as number
  if (steps > longest) {
    rhythm[at] = steps
    rhythm[at + 1] = longest
  } else if (steps > (rhythm[at + 1] as number)) rhythm[at + 1] = steps
}

/** Lets `days` pass. */
export function fade(rhythm: Rhythm, days: number): void {
  for (let i = 0; i < rhythm.length; i++) rhythm[i] = Math.max(0, (rhythm[i] as number) - days)
}

/**
 * The longest usual pause that begins about the time `from`, an hour to both sides included.
 *
 * @param isSettled the source is known for more than a week: then one long pause is an accident, two are a habit
 */
export function usualPause(rhythm: Rhythm, from: number, isSettled: boolean): number {
  const hour = hourOf(from)
  const rank = isSettled ? 1 : 0
  let steps = 0
  for (const near of [hour + 23, hour, hour + 1]) steps = Math.max(steps, rhythm[(near % 24) * 2 + rank] as number)
  return steps === 0 ? minuteMs : minuteMs * 2 ** (steps / stepsPerOctave)
}

function stepsOf(pauseMs: number): number {
  if (pauseMs < minuteMs) return 0
  // rounded up: what was seen once must not count as late
  return Math.min(maxSteps, Math.max(1, Math.ceil(Math.log2(pauseMs / minuteMs) * stepsPerOctave)))
}

function hourOf(at: number): number {
  return Math.floor(at / hourMs) % 24
}
